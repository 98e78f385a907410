#include "operator/capacity/headroom.h"

#include <algorithm>

namespace penstock::capacity {

int headroom_allowed(const HeadroomLimits& limits, int gpus_per_replica) {
  std::int64_t gpus = limits.gpus.value_or(kCountMax);
  const std::int64_t price = limits.gpu_picodollars_per_hour.value_or(0);
  if (limits.picodollars_per_hour && price > 0) {
    gpus = std::min(gpus, *limits.picodollars_per_hour / price);
  }
  return static_cast<int>(std::clamp<std::int64_t>(gpus / gpus_per_replica, 0, kCountMax));
}

int HeadroomPlanner::hold(std::int64_t now_ms, int expected) {
  while (!recent_.empty() && recent_.back().second <= expected) {
    recent_.pop_back();
  }
  for (auto& [at_ms, count] : recent_) {
    at_ms = std::min(at_ms, now_ms);  // of a clock that was set back
  }
  recent_.emplace_back(now_ms, expected);
  while (recent_.front().first + kFallsAfterMs <= now_ms) {
    recent_.pop_front();
  }
  return recent_.front().second;
}

HeadroomPlan HeadroomPlanner::plan(const HeadroomInputs& inputs) {
  // What is about to go carries nothing for long.
  const int staying = std::max(0, inputs.present - inputs.interrupted);
  const int reserve = inputs.present + inputs.headroom_min;
  int wanted = std::max({inputs.forecast.value_or(0), inputs.desired, inputs.present, reserve});
  HeadroomReason reason = HeadroomReason::kEnough;
  if (wanted > inputs.present) {
    const bool by_forecast = wanted == inputs.forecast.value_or(0);
    reason = by_forecast         ? HeadroomReason::kForecast
             : wanted == reserve ? HeadroomReason::kMinimum
                                 : HeadroomReason::kLoad;
  }
  if (inputs.forecast) {
    adopted_.reset();
  } else if (adopted_ && *adopted_ > wanted) {
    wanted = *adopted_;
    reason = HeadroomReason::kUntrained;
  }
  if (const int most = std::max(inputs.replicas_max, inputs.present); wanted > most) {
    wanted = most;
    reason = HeadroomReason::kMaximum;
  }

  HeadroomPlan plan;
  plan.expected = std::min(hold(inputs.now_ms, wanted), std::max(inputs.replicas_max, wanted));
  if (plan.expected > wanted && reason == HeadroomReason::kEnough) {
    reason = HeadroomReason::kSettling;
  }
  plan.headroom = std::max(0, plan.expected - staying);
  if (plan.expected == inputs.present && plan.headroom > 0) {
    reason = HeadroomReason::kInterruption;  // all of it
  }
  const int allowed = headroom_allowed(inputs.limits, inputs.gpus_per_replica);
  if (plan.headroom > allowed) {
    plan.headroom = allowed;
    plan.expected = staying + allowed;
    reason = HeadroomReason::kLimited;
  }
  plan.missing = std::max(0, plan.expected - inputs.allocatable);
  plan.gpus = static_cast<int>(
      std::min<std::int64_t>(std::int64_t{plan.headroom} * inputs.gpus_per_replica, kCountMax));
  plan.reason = reason;
  return plan;
}

}  // namespace penstock::capacity

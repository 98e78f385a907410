#include "operator/simulate/dynamo.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "operator/autoscale/replica_count.h"

namespace penstock::simulate {
namespace {

constexpr double kLevelNoise = 1;
constexpr double kTrendNoise = 0.1;
constexpr double kObservationNoise = 10;
constexpr int kPointsMin = 5;
constexpr double kInterval_s = 180;
constexpr double kConsolidation = 0.8;  // of the promise, on the way down

// Whether this worker could carry `growth` times what it has.
bool can_carry(const autoscale::PodSight& pod, const DynamoProfile& profile, const Promise& promise,
               double growth) {
  const autoscale::Signals& seen = *pod.signals;
  // What is queued will be in the cache, too.
  const double tokens =
      seen.kv_tokens.value_or(0) + seen.waiting.value_or(0) * profile.prompt_tokens;
  const Expected then = expected_of(pod, profile, growth);
  const double budget_s = kConsolidation * (promise.ttft_s - then.own_s);
  return tokens * growth < pod.limits.kv_tokens.value_or(0) &&
         then.tpot_s < kConsolidation * promise.tpot_s && budget_s > 0 &&
         then.ttft_s - then.own_s < budget_s;
}

}  // namespace

double LocalLinearTrend::next(double value) {
  if (points_++ == 0) {
    level_ = value;
    return value;
  }
  // Predict: level += trend; then correct by what came.
  const double level = level_ + trend_;
  const double var_level = var_level_ + 2 * covariance_ + var_trend_ + kLevelNoise;
  const double covariance = covariance_ + var_trend_;
  const double innovation = var_level + kObservationNoise;
  const double gain = var_level / innovation;
  const double trend_gain = covariance / innovation;
  const double surprise = value - level;
  level_ = level + gain * surprise;
  trend_ += trend_gain * surprise;
  var_trend_ += kTrendNoise - trend_gain * covariance;
  covariance_ = covariance * (1 - gain);
  var_level_ = var_level * (1 - gain);
  return points_ < kPointsMin ? value : std::max(0.0, level_ + trend_);
}

Expected expected_of(const autoscale::PodSight& pod, const DynamoProfile& profile, double growth) {
  const auto& [a, b, g] = profile.service;
  const double running = pod.signals->running.value_or(0) * growth;
  const double context = pod.signals->kv_tokens.value_or(0) * growth;
  const double queued = pod.signals->waiting.value_or(0) * growth * profile.prompt_tokens;
  const double iteration_ms = a + b * running + g * context;
  const auto prefill_s = [&](double tokens) {
    const double chunk = pod.limits.batched_tokens_max.value_or(tokens);
    const double iterations = std::max(1.0, std::ceil(tokens / std::max(1.0, chunk)));
    return (iterations * iteration_ms + (b + g) * tokens) / 1e3;
  };
  return {.ttft_s = prefill_s(queued + profile.prompt_tokens),
          .own_s = prefill_s(profile.prompt_tokens),
          .tpot_s = iteration_ms / 1e3};
}

int dynamo_load(const autoscale::Sight& sight, const DynamoProfile& profile,
                const Promise& promise) {
  int ready = 0;
  int late_first = 0;
  int late_further = 0;
  for (const autoscale::PodSight& pod : sight.pods) {
    if (!pod.signals) {
      return sight.replicas;
    }
    const Expected seen = expected_of(pod, profile);
    ++ready;
    late_first += seen.ttft_s > promise.ttft_s ? 1 : 0;
    late_further += seen.tpot_s > promise.tpot_s ? 1 : 0;
  }
  if (ready == 0 || late_first == ready || late_further == ready) {
    return sight.replicas + 1;
  }
  if (ready < 2) {
    return sight.replicas;
  }
  const double growth = static_cast<double>(ready) / (ready - 1);
  const bool fits = std::ranges::all_of(sight.pods, [&](const autoscale::PodSight& pod) {
    return can_carry(pod, profile, promise, growth);
  });
  return fits ? sight.replicas - 1 : sight.replicas;
}

bool Dynamo::plan(const autoscale::Sight& sight) {
  const double seen = seen_of(sight).requests_per_s;  // of a second
  requests_ = requests_ ? std::optional(*requests_ + seen) : std::nullopt;
  if (!throughput_.due(sight.now)) {
    return false;
  }
  const std::optional<double> over = std::exchange(requests_, 0);
  if (!over) {
    return false;  // the first interval begins: what came before belongs to none
  }
  const double expected = predictor_.next(*over);
  floor_ = std::max(1, autoscale::replicas_for(expected / kInterval_s, settings_.engine_per_s));
  return true;
}

int Dynamo::replicas(const autoscale::Sight& sight) {
  int result = std::max(1, sight.replicas);
  if (plan(sight) && !settings_.load_loop) {
    result = floor_;
  }
  if (settings_.load_loop && load_.due(sight.now)) {
    result = dynamo_load(sight, settings_.profile, settings_.promise);
  }
  return std::clamp(std::max(result, settings_.load_loop ? floor_ : 1), 1, settings_.replicas_max);
}

}  // namespace penstock::simulate

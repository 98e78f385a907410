#include "operator/simulate/wva.h"

#include <algorithm>
#include <cmath>

#include "operator/simulate/hpa.h"

namespace penstock::simulate {

autoscale::Behavior wva_behavior() {
  const autoscale::ScalingRules rules{
      .stabilization_window = autoscale::milliseconds(240'000),
      .policies = {{autoscale::PolicyType::kPods, 10, autoscale::milliseconds(150'000)}}};
  return {.up = rules, .down = rules};
}

int wva_saturation(const autoscale::Sight& sight, const WvaSaturation& settings) {
  double kv_spare = 0;
  double queue_spare = 0;
  double kv = 0;
  double queue = 0;
  int free = 0;
  int ready = 0;
  for (const autoscale::PodSight& pod : sight.pods) {
    if (!pod.signals) {
      continue;
    }
    const double limit = pod.limits.kv_tokens.value_or(0);
    const double usage = limit > 0 ? pod.signals->kv_tokens.value_or(0) / limit : 0;
    const double waiting = pod.signals->waiting.value_or(0);
    kv += usage;
    queue += waiting;
    ++ready;
    if (usage < settings.kv_threshold && waiting < settings.queue_threshold) {
      kv_spare += settings.kv_threshold - usage;
      queue_spare += settings.queue_threshold - waiting;
      ++free;
    }
  }
  const bool pending = std::ssize(sight.pods) > ready;
  const auto is_short = [&](double of_kv, double of_queue) {
    return of_kv < settings.kv_spare || of_queue < settings.queue_spare;
  };
  if (free == 0 || is_short(kv_spare / free, queue_spare / free)) {
    return pending ? sight.replicas : sight.replicas + 1;
  }
  const int fewer = ready - 1;
  const bool fits = fewer > 0 && !is_short(settings.kv_threshold - kv / fewer,
                                           settings.queue_threshold - queue / fewer);
  return fits && !pending ? sight.replicas - 1 : sight.replicas;
}

int wva_tokens(double demand, double capacity, int supply, const WvaTokens& settings) {
  const double available = supply * capacity;
  const double required = demand / settings.up - available;
  if (required > 0) {
    return supply + static_cast<int>(std::ceil(required / capacity));
  }
  const double spare = available - demand / settings.down;
  return spare > 0 ? std::max(1, supply - static_cast<int>(std::floor(spare / capacity))) : supply;
}

Wva::Wva(double knob, double capacity, double input_tokens, int replicas_max)
    : knob_(knob), capacity_(capacity), input_tokens_(input_tokens), replicas_max_(replicas_max) {}

int Wva::replicas(const autoscale::Sight& sight) {
  const int current = std::max(1, sight.replicas);
  if (engine_.due(sight.now)) {
    if (capacity_ > 0) {
      const Seen seen = seen_of(sight);
      desired_ = wva_tokens(seen.kv_tokens + seen.waiting * input_tokens_, capacity_,
                            seen.ready + seen.starting, {.up = knob_, .down = knob_ * 0.7 / 0.85});
    } else {
      desired_ = wva_saturation(sight, {.kv_threshold = knob_});
    }
    desired_ = std::clamp(desired_, 1, replicas_max_);
  }
  return actuator_.due(sight.now)
             ? within_behavior(sight.now, current, desired_, wva_behavior(), state_)
             : sight.replicas;
}

}  // namespace penstock::simulate

#include "operator/simulate/hpa.h"

#include <algorithm>

#include "operator/autoscale/replica_count.h"

namespace penstock::simulate {

int within_behavior(autoscale::Time now, int current, int desired,
                    const autoscale::Behavior& behavior, autoscale::BehaviorState& state) {
  const autoscale::Bounded stable = autoscale::stabilize(now, current, desired, behavior, state);
  const int result = autoscale::limit_rate(now, current, stable.replicas, behavior, state).replicas;
  if (result != current) {
    autoscale::record_change(now, current, result, behavior, state);
  }
  return result;
}

int Hpa::replicas(const autoscale::Sight& sight) {
  metric_.add(sight.now, seen_of(sight).concurrency());
  if (!timer_.due(sight.now)) {
    return sight.replicas;
  }
  const double total = metric_.mean(sight.now, settings_.metric_window).value_or(0);
  const int current = std::max(1, sight.replicas);
  int desired = autoscale::replicas_for(total, settings_.target);
  if (autoscale::within_tolerance(total / (settings_.target * current), settings_.tolerance)) {
    desired = current;
  }
  desired = std::clamp(desired, 1, settings_.replicas_max);
  return within_behavior(sight.now, current, desired, settings_.behavior, state_);
}

}  // namespace penstock::simulate

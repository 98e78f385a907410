#include "operator/autoscale/behavior.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

int changed_within(const std::vector<TimedCount>& changes, Time now, milliseconds period) {
  int sum = 0;
  for (const TimedCount& change : changes) {
    if (now - time_of(change.at_ms) < period) {
      sum += change.replicas;
    }
  }
  return sum;
}

int at_start_of(const ScalingPolicy& policy, Time now, int current, const BehaviorState& state) {
  return current - changed_within(state.added, now, policy.period) +
         changed_within(state.removed, now, policy.period);
}

// Up: rounded up, because a change that rounds to none would never let one replica grow.
int highest(const ScalingPolicy& policy, int base) {
  if (policy.type == PolicyType::kPods) {
    return base + policy.value;
  }
  const double grown = std::ceil(base * (1 + policy.value / 100.0));
  return static_cast<int>(std::min(grown, double{kReplicasMax}));
}

// Down: towards zero, as the conversion to int32 does upstream.
int lowest(const ScalingPolicy& policy, int base) {
  if (policy.type == PolicyType::kPods) {
    return base - policy.value;
  }
  const double shrunk = base * (1 - policy.value / 100.0);
  return static_cast<int>(std::max(shrunk, -double{kReplicasMax}));
}

int upper_bound(Time now, int current, const ScalingRules& rules, const BehaviorState& state) {
  if (rules.select == SelectPolicy::kDisabled) {
    return current;
  }
  if (rules.policies.empty()) {
    return kReplicasMax;
  }
  const bool least = rules.select == SelectPolicy::kMin;
  int bound = least ? std::numeric_limits<int>::max() : std::numeric_limits<int>::min();
  for (const ScalingPolicy& policy : rules.policies) {
    const int proposed = highest(policy, at_start_of(policy, now, current, state));
    bound = least ? std::min(bound, proposed) : std::max(bound, proposed);
  }
  return std::max(bound, current);
}

int lower_bound(Time now, int current, const ScalingRules& rules, const BehaviorState& state) {
  if (rules.select == SelectPolicy::kDisabled) {
    return current;
  }
  if (rules.policies.empty()) {
    return 0;
  }
  const bool least_change = rules.select == SelectPolicy::kMin;
  int bound = least_change ? std::numeric_limits<int>::min() : std::numeric_limits<int>::max();
  for (const ScalingPolicy& policy : rules.policies) {
    const int proposed = lowest(policy, at_start_of(policy, now, current, state));
    bound = least_change ? std::max(bound, proposed) : std::min(bound, proposed);
  }
  return std::min(bound, current);
}

milliseconds longest_period(const ScalingRules& rules) {
  milliseconds longest{0};
  for (const ScalingPolicy& policy : rules.policies) {
    longest = std::max(longest, policy.period);
  }
  return longest;
}

struct Change {
  int current = 0;
  int desired = 0;
};

int stabilized(Extreme extreme, std::vector<TimedCount>& counts, Time now, milliseconds window,
               const Change& change) {
  forget_older(counts, now, window);
  if (counts.empty() && window.count() > 0) {
    push(extreme, counts, now, change.current);
  }
  const int result = extreme_of(extreme, counts, change.desired);
  push(extreme, counts, now, change.desired);
  return result;
}

}  // namespace

Bounded stabilize(Time now, int current, int desired, const Behavior& behavior,
                  BehaviorState& state) {
  const Change change{current, desired};
  const int upwards =
      stabilized(Extreme::kSmallest, state.least, now, behavior.up.stabilization_window, change);
  const int downwards =
      stabilized(Extreme::kLargest, state.largest, now, behavior.down.stabilization_window, change);
  Bounded result{.replicas = std::min(std::max(current, upwards), downwards)};
  if (result.replicas != desired) {
    result.limit = desired >= current ? Limit::kScaleUpStabilized : Limit::kScaleDownStabilized;
  }
  return result;
}

Bounded limit_rate(Time now, int current, int desired, const Behavior& behavior,
                   const BehaviorState& state) {
  if (desired > current) {
    const int bound = upper_bound(now, current, behavior.up, state);
    return desired > bound ? Bounded{bound, Limit::kScaleUpLimit} : Bounded{desired, Limit::kNone};
  }
  if (desired < current) {
    const int bound = lower_bound(now, current, behavior.down, state);
    return desired < bound ? Bounded{bound, Limit::kScaleDownLimit}
                           : Bounded{desired, Limit::kNone};
  }
  return {.replicas = desired};
}

void record_change(Time now, int from, int to, const Behavior& behavior, BehaviorState& state) {
  if (from == to) {
    return;
  }
  // A change in one direction moves the base of the other's policies, too.
  const milliseconds kept = std::max(longest_period(behavior.up), longest_period(behavior.down));
  for (std::vector<TimedCount>* changes : {&state.added, &state.removed}) {
    std::erase_if(*changes,
                  [&](const TimedCount& change) { return now - time_of(change.at_ms) >= kept; });
  }
  std::vector<TimedCount>& changes = to > from ? state.added : state.removed;
  if (changes.size() == kChangesMax) {
    changes[1].replicas += changes[0].replicas;
    changes.erase(changes.begin());
  }
  changes.push_back({ms_of(now), std::abs(to - from)});
}

}  // namespace penstock::autoscale

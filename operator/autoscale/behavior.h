#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/json/field.h"
#include "operator/autoscale/sliding_extreme.h"
#include "operator/autoscale/time.h"

// How fast replicas may change: `behavior` of a HorizontalPodAutoscaler, as upstream computes it
// (pkg/controller/podautoscaler/horizontal.go: stabilizeRecommendationWithBehaviors,
// calculateScaleUpLimitWithScalingRules, calculateScaleDownLimitWithBehaviors), to the
// floating-point rounding of its percentages: 100 replicas + 10 % are 111 there, and here.
namespace penstock::autoscale {

using PolicyType = api::ScalingPolicyType;
using SelectPolicy = api::SelectPolicy;

// At most `value` (> 0) pods, or percent of the replicas at the period's start, in any `period`.
struct ScalingPolicy {
  PolicyType type = PolicyType::kPods;
  int value = 1;
  milliseconds period{15'000};

  bool operator==(const ScalingPolicy&) const = default;
  static constexpr auto fields() {
    using T = ScalingPolicy;
    return std::tuple{json::Field{"type", &T::type},
                      json::Field{"value", &T::value, {.min = 1, .max = 1'000'000}},
                      json::Field{"period", &T::period, {.min = 1, .max = 1'800'000}}};
  }
};

struct ScalingRules {
  milliseconds stabilization_window{0};  // at most an hour
  SelectPolicy select = SelectPolicy::kMax;
  std::vector<ScalingPolicy> policies;  // empty: no limit

  bool operator==(const ScalingRules&) const = default;
  static constexpr auto fields() {
    using T = ScalingRules;
    return std::tuple{
        json::Field{"stabilizationWindow", &T::stabilization_window, {.min = 0, .max = 3'600'000}},
        json::Field{"selectPolicy", &T::select},
        json::Field{"policies", &T::policies, {.items_max = 16}}};
  }
};

// The defaults of a HorizontalPodAutoscaler.
struct Behavior {
  ScalingRules up{.policies = {{PolicyType::kPercent, 100}, {PolicyType::kPods, 4}}};
  ScalingRules down{.stabilization_window = milliseconds(300'000),
                    .policies = {{PolicyType::kPercent, 100}}};

  bool operator==(const Behavior&) const = default;
  static constexpr auto fields() {
    using T = Behavior;
    return std::tuple{json::Field{"scaleUp", &T::up}, json::Field{"scaleDown", &T::down}};
  }
};

struct BehaviorState {
  std::vector<TimedCount> least;    // recommendations: what stabilises the way up
  std::vector<TimedCount> largest;  // … and the way down
  std::vector<TimedCount> added;    // changes that took place; replicas by which
  std::vector<TimedCount> removed;

  bool operator==(const BehaviorState&) const = default;
  static constexpr auto fields() {
    using T = BehaviorState;
    constexpr json::Rules kBounded{.items_max = kCountsMax};
    return std::tuple{
        json::Field{"least", &T::least, kBounded}, json::Field{"largest", &T::largest, kBounded},
        json::Field{"added", &T::added, kBounded}, json::Field{"removed", &T::removed, kBounded}};
  }
};

enum class Limit : std::uint8_t {
  kNone,
  kScaleUpStabilized,
  kScaleDownStabilized,
  kScaleUpLimit,
  kScaleDownLimit,
};

struct Bounded {
  int replicas = 0;
  Limit limit = Limit::kNone;
};

// The recommendation within those of the stabilisation windows: on the way up not above the
// *smallest* of its window, on the way down not below the *largest* of its own. Remembers
// `desired`. Where a window remembers nothing (after a restart, or a long silence) it begins with
// `current`, so that nothing shrinks before a whole window has passed.
Bounded stabilize(Time now, int current, int desired, const Behavior& behavior,
                  BehaviorState& state);

// As far towards `desired` as the policies allow within their periods. A policy's base is the
// replicas at its period's start: current - added + removed within it. No bounds on replicas.
Bounded limit_rate(Time now, int current, int desired, const Behavior& behavior,
                   const BehaviorState& state);

// Remembers a change that took place. At most kChangesMax a direction; when full, the two oldest
// become one at the later time, which limits for longer, never shorter.
inline constexpr std::size_t kChangesMax = 256;
void record_change(Time now, int from, int to, const Behavior& behavior, BehaviorState& state);

}  // namespace penstock::autoscale

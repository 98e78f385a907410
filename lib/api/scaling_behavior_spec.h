#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/json/field.h"

// spec.autoscaling.behavior of an OptimizationPolicy: how fast replicas may change.
namespace penstock::api {

struct ScalingPolicySpec {
  ScalingPolicyType type = ScalingPolicyType::kPods;
  std::uint32_t value = 1;
  std::chrono::milliseconds period{15'000};

  static constexpr auto fields() {
    using T = ScalingPolicySpec;
    return std::tuple{
        json::Field{"type", &T::type, {.about = "Replicas, or a share of them.", .required = true}},
        json::Field{"value",
                    &T::value,
                    {.about = "At most.", .required = true, .min = 1, .max = 1'000'000}},
        json::Field{"period",
                    &T::period,
                    {.about = "In any time of this length.", .min = 1'000, .max = 1'800'000}}};
  }
};

// As in a HorizontalPodAutoscaler, with durations for seconds.
struct ScalingRulesSpec {
  std::optional<std::chrono::milliseconds> stabilization_window;
  SelectPolicy select_policy = SelectPolicy::kMax;
  std::optional<std::vector<ScalingPolicySpec>> policies;

  static constexpr auto fields() {
    using T = ScalingRulesSpec;
    return std::tuple{
        json::Field{"stabilizationWindow",
                    &T::stabilization_window,
                    {.about = "The way up takes the least, the way down the largest "
                              "recommendation of this long; 0 up and 5m down where absent.",
                     .max = 3'600'000}},
        json::Field{"selectPolicy",
                    &T::select_policy,
                    {.about = "Which of the policies counts; Disabled: no change this way."}},
        json::Field{"policies",
                    &T::policies,
                    {.about = "How much may change; where absent 4 pods or 100 % in 15s up, and "
                              "100 % in 15s down.",
                     .items_min = 1,
                     .items_max = 16}}};
  }
};

struct BehaviorSpec {
  ScalingRulesSpec scale_up;
  ScalingRulesSpec scale_down;

  static constexpr auto fields() {
    using T = BehaviorSpec;
    return std::tuple{json::Field{"scaleUp", &T::scale_up, {.about = "The way up."}},
                      json::Field{"scaleDown", &T::scale_down, {.about = "The way down."}}};
  }
};

}  // namespace penstock::api

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/autoscaling_status.h"
#include "lib/api/condition.h"
#include "lib/api/injection_status.h"
#include "lib/json/field.h"

// `status` of the three kinds. Only the operator writes it; the admission policy reads `injection`.
namespace penstock::api {

struct PodCountsStatus {
  std::uint32_t selected = 0;
  std::uint32_t injected = 0;
  std::uint32_t programmed = 0;
  std::uint32_t proven = 0;

  bool operator==(const PodCountsStatus&) const = default;

  static constexpr auto fields() {
    using T = PodCountsStatus;
    return std::tuple{
        json::Field{"selected",
                    &T::selected,
                    {.about = "Pods that the policy selects.", .min = 0, .max = 1'000'000}},
        json::Field{
            "injected",
            &T::injected,
            {.about = "Of these, pods that carry the sidecar.", .min = 0, .max = 1'000'000}},
        json::Field{"programmed",
                    &T::programmed,
                    {.about = "Of these, pods whose sidecar runs the current policy.",
                     .min = 0,
                     .max = 1'000'000}},
        json::Field{"proven",
                    &T::proven,
                    {.about = "Of the injected, pods whose port was seen to lead to the sidecar.",
                     .min = 0,
                     .max = 1'000'000}}};
  }
};

struct OptimizationPolicyStatus {
  std::int64_t observed_generation = 0;
  std::string hash;
  std::string interception;
  PodCountsStatus pods;
  std::vector<Condition> conditions;
  std::optional<AutoscalingStatus> autoscaling;
  std::optional<InjectionStatus> injection;

  static constexpr auto fields() {
    using T = OptimizationPolicyStatus;
    return std::tuple{
        observed_generation_field<T>("The generation that this status speaks of."),
        json::Field{"hash",
                    &T::hash,
                    {.about = "The version of the policy that sidecars are given.",
                     .length_min = 0,
                     .length_max = 64}},
        json::Field{"interception",
                    &T::interception,
                    {.about = "The mode that was chosen.", .length_min = 0, .length_max = 63}},
        json::Field{"pods", &T::pods, {.about = "How many pods it concerns."}},
        json::Field{"conditions",
                    &T::conditions,
                    {.about = "Accepted, ResolvedRefs, Injected, Programmed and Degraded; with "
                              "autoscaling ScalingActive, MetricsAvailable, CapacityStarved and "
                              "Conflict, too; with its nodes NodeCapacity and RolloutFits; with "
                              "scaleToZero HoldReady.",
                     .items_max = 16,
                     .unique_by = "type"}},
        json::Field{"autoscaling",
                    &T::autoscaling,
                    {.about = "What became of the replicas; absent without autoscaling."}},
        json::Field{"injection",
                    &T::injection,
                    {.about = "What admission stamps onto new pods. The right to write it is the "
                              "right to run any container in the namespace.",
                     .atomic = true}}};
  }
};

// Of a CacheTier or RoutingTable.
struct ReferencedStatus {
  std::int64_t observed_generation = 0;
  std::uint32_t policies = 0;
  std::vector<Condition> conditions;

  static constexpr auto fields() {
    using T = ReferencedStatus;
    return std::tuple{
        observed_generation_field<T>("The generation that this status speaks of."),
        json::Field{"policies",
                    &T::policies,
                    {.about = "Policies that refer to it.", .min = 0, .max = 1'000'000}},
        json::Field{"conditions",
                    &T::conditions,
                    {.about = "Accepted.", .items_max = 16, .unique_by = "type"}}};
  }
};

}  // namespace penstock::api

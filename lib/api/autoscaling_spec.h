#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/api/formats.h"
#include "lib/api/listener_spec.h"
#include "lib/api/node_capacity_spec.h"
#include "lib/api/scale_to_zero_spec.h"
#include "lib/api/scaling_behavior_spec.h"
#include "lib/api/scaling_schedule_spec.h"
#include "lib/api/scaling_trigger_spec.h"
#include "lib/api/usd.h"
#include "lib/json/field.h"

// spec.autoscaling of an OptimizationPolicy: how many replicas its target has. Read by the operator
// only. How decisions are made stands in docs/design/autoscaling.md.
namespace penstock::api {

inline constexpr std::int64_t kReplicasMax = 10'000;

// Whose replicas: anything that serves /scale.
struct ScaleTargetSpec {
  std::string api_version = "apps/v1";
  std::string kind = "Deployment";
  std::string name;

  bool operator==(const ScaleTargetSpec&) const = default;

  static constexpr auto fields() {
    using T = ScaleTargetSpec;
    return std::tuple{
        json::Field{"apiVersion",
                    &T::api_version,
                    {.about = "The group and version that serve it.", .format = &kGroupVersion}},
        json::Field{
            "kind", &T::kind, {.about = "Anything that has /scale.", .format = &kCamelCase}},
        json::Field{"name",
                    &T::name,
                    {.about = "Its name, in the policy's namespace.",
                     .required = true,
                     .format = &kDnsSubdomain}}};
  }
};

// What clients are to see. Without any it is utilization alone that counts.
struct ObjectivesSpec {
  std::uint32_t percentile = 95;
  std::optional<std::chrono::milliseconds> time_to_first_token;
  std::optional<std::chrono::milliseconds> time_per_output_token;

  static constexpr auto fields() {
    using T = ObjectivesSpec;
    return std::tuple{
        json::Field{"percentile",
                    &T::percentile,
                    {.about = "The share of requests that keep them.", .min = 50, .max = 99}},
        json::Field{"timeToFirstToken",
                    &T::time_to_first_token,
                    {.about = "From a request's arrival at the sidecar to the first token.",
                     .min = 1,
                     .max = 600'000}},
        json::Field{"timePerOutputToken",
                    &T::time_per_output_token,
                    {.about = "Between two tokens of an answer.", .min = 1, .max = 60'000}}};
  }
};

// What one replica carries, where somebody has measured it; the rest is learned.
struct ReplicaCapacitySpec {
  std::optional<double> requests_per_second;
  std::optional<double> prefill_tokens_per_second;
  std::optional<double> decode_tokens_per_second;
  std::optional<std::int64_t> cache_tokens;

  static constexpr auto fields() {
    using T = ReplicaCapacitySpec;
    constexpr std::int64_t kMost = 1'000'000'000;
    return std::tuple{
        json::Field{"requestsPerSecond",
                    &T::requests_per_second,
                    {.about = "Requests, not counting those that the cache answers.",
                     .min = 0,
                     .max = kMost}},
        json::Field{"prefillTokensPerSecond",
                    &T::prefill_tokens_per_second,
                    {.about = "Prompt tokens that the engine computes.", .min = 0, .max = kMost}},
        json::Field{"decodeTokensPerSecond",
                    &T::decode_tokens_per_second,
                    {.about = "Tokens of answers.", .min = 0, .max = kMost}},
        json::Field{"cacheTokens",
                    &T::cache_tokens,
                    {.about = "Tokens that its KV cache holds.", .min = 1, .max = kMost}}};
  }
};

struct ReactiveSpec {
  std::chrono::milliseconds stable_window{20'000};
  std::optional<std::chrono::milliseconds> panic_window;
  std::uint32_t panic_threshold_percent = 200;
  std::uint32_t tolerance_percent = 10;
  std::chrono::milliseconds scale_down_delay{0};
  std::uint32_t burst_requests = 0;

  static constexpr auto fields() {
    using T = ReactiveSpec;
    return std::tuple{
        json::Field{
            "stableWindow",
            &T::stable_window,
            {.about = "The load is its mean over this; of requests over a quarter of a start at "
                      "least. Shorter peaks raise replicas all the same where it is known "
                      "what a burst does to a replica.",
             .min = 10'000,
             .max = 3'600'000}},
        json::Field{
            "panicWindow",
            &T::panic_window,
            {.about = "A burst is seen in this; where absent, in 20s, or in stableWindow if "
                      "that is shorter.",
             .min = 2'000,
             .max = 600'000}},
        json::Field{"panicThresholdPercent",
                    &T::panic_threshold_percent,
                    {.about = "Panic begins when the short window asks for this share of the "
                              "replicas that are ready; nothing shrinks until it ends.",
                     .min = 110,
                     .max = 1'000}},
        json::Field{"tolerancePercent",
                    &T::tolerance_percent,
                    {.about = "A load this near to what is there changes nothing.", .max = 50}},
        json::Field{"scaleDownDelay",
                    &T::scale_down_delay,
                    {.about = "The largest result of this long counts.", .max = 3'600'000}},
        json::Field{"burstRequests",
                    &T::burst_requests,
                    {.about = "So many requests may come at once beyond the load and begin within "
                              "the objective for the first token, where that is two seconds or "
                              "more. No budget bounds what they need; at zero replicas nothing "
                              "is kept for them.",
                     .max = 100'000}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{
        "!has(self.panicWindow) || duration(self.panicWindow) <= duration(self.stableWindow)",
        "panicWindow must not be longer than stableWindow"}};
  }
};

struct PredictiveSpec {
  bool enabled = true;
  std::uint32_t quantile_percent = 75;
  std::optional<std::uint32_t> budget_replicas;
  std::optional<std::string> budget_usd_per_hour;

  static constexpr auto fields() {
    using T = PredictiveSpec;
    return std::tuple{
        json::Field{"enabled", &T::enabled, {.about = "Whether the forecast adds replicas."}},
        json::Field{"quantilePercent",
                    &T::quantile_percent,
                    {.about = "Replicas for the load that is not exceeded with this probability, "
                              "as far ahead as a replica takes to start.",
                     .min = 50,
                     .max = 99}},
        json::Field{"budgetReplicas",
                    &T::budget_replicas,
                    {.about = "At most so many beyond what the load of the moment needs, for the "
                              "forecast and for peaks like the last ones.",
                     .max = kReplicasMax}},
        json::Field{"budgetUsdPerHour",
                    &T::budget_usd_per_hour,
                    {.about = "What those may cost in an hour, at most; needs replicaUsdPerHour.",
                     .format = &kUsd}}};
  }
};

struct AutoscalingSpec {
  ScalingMode mode = ScalingMode::kEnforce;
  ScaleTargetSpec target;
  std::uint32_t min_replicas = 1;
  std::uint32_t max_replicas = 1;
  std::uint32_t utilization_percent = 80;
  ObjectivesSpec objectives;
  ReplicaCapacitySpec capacity;
  ReactiveSpec reactive;
  PredictiveSpec predictive;
  BehaviorSpec behavior;
  std::vector<ScalingScheduleSpec> schedules;
  std::vector<ScalingTriggerSpec> triggers;
  std::optional<std::string> replica_usd_per_hour;
  std::optional<ScaleToZeroSpec> scale_to_zero;
  std::chrono::milliseconds start_deadline{600'000};
  std::chrono::milliseconds manual_change_stands{1'800'000};
  std::optional<NodeCapacitySpec> nodes;

  static constexpr auto fields() {
    using T = AutoscalingSpec;
    return std::tuple{
        json::Field{"mode",
                    &T::mode,
                    {.about = "Enforce: replicas are set. Advise: status, metrics and events only. "
                              "Off: nothing is looked at."}},
        json::Field{"target", &T::target, {.about = "What is scaled.", .required = true}},
        json::Field{"minReplicas",
                    &T::min_replicas,
                    {.about = "Never fewer, but for scaleToZero.", .min = 1, .max = kReplicasMax}},
        json::Field{"maxReplicas",
                    &T::max_replicas,
                    {.about = "Never more.", .required = true, .min = 1, .max = kReplicasMax}},
        json::Field{"utilizationPercent",
                    &T::utilization_percent,
                    {.about = "How full a replica should be, of what it can carry.",
                     .min = 10,
                     .max = 100}},
        json::Field{"objectives", &T::objectives, {.about = "What clients are to see."}},
        json::Field{
            "capacity", &T::capacity, {.about = "What one replica carries; learned where absent."}},
        json::Field{"reactive", &T::reactive, {.about = "How the load of the moment is judged."}},
        json::Field{"predictive", &T::predictive, {.about = "How the forecast is used."}},
        json::Field{"behavior",
                    &T::behavior,
                    {.about = "How fast replicas change, as in a HorizontalPodAutoscaler."}},
        json::Field{"schedules",
                    &T::schedules,
                    {.about = "Hours that come back every week with a floor of their own; of "
                              "several the largest holds.",
                     .items_max = 32,
                     .unique_by = "name"}},
        json::Field{"triggers",
                    &T::triggers,
                    {.about = "What else may ask for replicas; whatever asks for most is heard.",
                     .items_max = 5,
                     .unique_by = "type"}},
        json::Field{"replicaUsdPerHour",
                    &T::replica_usd_per_hour,
                    {.about = "What one replica costs in an hour.", .format = &kUsd}},
        json::Field{"scaleToZero",
                    &T::scale_to_zero,
                    {.about = "No replica while nobody asks; off where absent."}},
        json::Field{"startDeadline",
                    &T::start_deadline,
                    {.about = "A replica that is not ready after this is no supply any more.",
                     .min = 10'000,
                     .max = kDayMs}},
        json::Field{"manualChangeStands",
                    &T::manual_change_stands,
                    {.about = "How long replicas that somebody else has set are left alone.",
                     .max = kDayMs}},
        json::Field{"nodes",
                    &T::nodes,
                    {.about = "Prepares GPU nodes for replicas to come; off where absent."}}};
  }

  static constexpr auto constraints() {
    return std::array{
        json::Constraint{"self.minReplicas <= self.maxReplicas",
                         "maxReplicas must not be smaller than minReplicas"},
        json::Constraint{
            "!has(self.schedules) || self.schedules.all(s, s.minReplicas <= self.maxReplicas)",
            "minReplicas of a schedule must not be larger than maxReplicas"},
        json::Constraint{"!has(self.predictive) || !has(self.predictive.budgetUsdPerHour) || "
                         "has(self.replicaUsdPerHour)",
                         "predictive.budgetUsdPerHour needs replicaUsdPerHour"},
        json::Constraint{"self.target == oldSelf.target",
                         "target cannot change: what is learned belongs to it; remove autoscaling, "
                         "then add it anew"}};
  }
};

}  // namespace penstock::api

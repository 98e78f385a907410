#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/autoscaling_spec.h"
#include "lib/api/formats.h"
#include "lib/api/node_capacity_status.h"
#include "lib/api/scaling_forecast_status.h"
#include "lib/json/field.h"

// status.autoscaling of an OptimizationPolicy.
namespace penstock::api {

struct ScalingDecisionStatus {
  std::string time;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::string reason;

  bool operator==(const ScalingDecisionStatus&) const = default;

  static constexpr auto fields() {
    using T = ScalingDecisionStatus;
    return std::tuple{
        json::Field{"time", &T::time, {.about = "When.", .format = &kTimestamp}},
        json::Field{"from", &T::from, {.about = "Replicas before.", .max = kReplicasMax}},
        json::Field{"to", &T::to, {.about = "Replicas after.", .max = kReplicasMax}},
        json::Field{"reason", &T::reason, {.about = "Why.", .format = &kCamelCase}}};
  }
};

struct AutoscalingStatus {
  static constexpr std::size_t kDecisionsMax = 10;

  std::string target;
  std::uint32_t current = 0;
  std::uint32_t desired = 0;
  std::string reason;
  std::chrono::milliseconds lead_time{0};
  std::optional<ScalingForecastStatus> forecast;
  std::optional<std::string> usd_per_hour;
  std::vector<ScalingDecisionStatus> decisions;
  std::optional<NodeCapacityStatus> nodes;

  bool operator==(const AutoscalingStatus&) const = default;

  static constexpr auto fields() {
    using T = AutoscalingStatus;
    return std::tuple{
        json::Field{
            "target",
            &T::target,
            {.about = "What it speaks of, as \"Kind name\", or \"Kind.group name\" where the "
                      "group is not apps. Empty: that is not known any more, and something "
                      "stands that was kept for it.",
             .length_min = 0,
             .length_max = 768}},
        json::Field{"current",
                    &T::current,
                    {.about = "The replicas that the target asks for.", .max = kReplicasMax}},
        json::Field{"desired",
                    &T::desired,
                    {.about = "The replicas that it should ask for.", .max = kReplicasMax}},
        json::Field{"reason",
                    &T::reason,
                    {.about = "Why it should be so many; docs/design/autoscaling.md explains each.",
                     .format = &kCamelCase}},
        json::Field{"leadTime",
                    &T::lead_time,
                    {.about = "How long a replica takes until it serves: what nine of ten did not "
                              "exceed, or an assumption until some have been seen.",
                     .max = kDayMs}},
        json::Field{"forecast",
                    &T::forecast,
                    {.about = "What is expected of the load by then; renewed once a minute."}},
        json::Field{
            "usdPerHour",
            &T::usd_per_hour,
            {.about = "What the desired replicas cost in an hour, in USD; absent without a price.",
             .length_max = 32}},
        json::Field{"decisions",
                    &T::decisions,
                    {.about = "The last changes that were decided, newest first.",
                     .items_max = kDecisionsMax}},
        json::Field{
            "nodes",
            &T::nodes,
            {.about = "The room that is kept on nodes; absent where nobody asked for it."}}};
  }
};

}  // namespace penstock::api

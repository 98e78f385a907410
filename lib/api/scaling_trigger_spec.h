#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>

#include "lib/json/field.h"

// spec.autoscaling.triggers of an OptimizationPolicy: what asks for replicas beside the load.
namespace penstock::api {

enum class ScalingTriggerType : std::uint8_t {
  kCpu,
  kMemory,
  kQueueDepth,
  kTimeToFirstToken,
  kTimePerOutputToken
};
constexpr auto enum_names(ScalingTriggerType) {
  return std::array{json::EnumName{ScalingTriggerType::kCpu, "CPU"},
                    json::EnumName{ScalingTriggerType::kMemory, "Memory"},
                    json::EnumName{ScalingTriggerType::kQueueDepth, "QueueDepth"},
                    json::EnumName{ScalingTriggerType::kTimeToFirstToken, "TimeToFirstToken"},
                    json::EnumName{ScalingTriggerType::kTimePerOutputToken, "TimePerOutputToken"}};
}

constexpr bool is_utilization(ScalingTriggerType type) {
  return type == ScalingTriggerType::kCpu || type == ScalingTriggerType::kMemory;
}
constexpr bool is_latency(ScalingTriggerType type) {
  return type == ScalingTriggerType::kTimeToFirstToken ||
         type == ScalingTriggerType::kTimePerOutputToken;
}

struct ScalingTriggerSpec {
  ScalingTriggerType type = ScalingTriggerType::kCpu;
  std::optional<std::uint32_t> utilization_percent;
  std::optional<std::uint32_t> waiting_per_replica;
  std::optional<std::chrono::milliseconds> threshold;
  std::optional<std::chrono::milliseconds> sustained;

  static constexpr auto fields() {
    using T = ScalingTriggerSpec;
    return std::tuple{
        json::Field{
            "type",
            &T::type,
            {.about = "CPU, Memory: what pods use, of the metrics API. QueueDepth: requests "
                      "that wait in engines, by their metrics. TimeToFirstToken, "
                      "TimePerOutputToken: latencies that sidecars see.",
             .required = true}},
        json::Field{"utilizationPercent",
                    &T::utilization_percent,
                    {.about = "CPU, Memory: of what the pods request, as in a "
                              "HorizontalPodAutoscaler.",
                     .min = 1,
                     .max = 1'000}},
        json::Field{"waitingPerReplica",
                    &T::waiting_per_replica,
                    {.about = "QueueDepth: requests that may wait for each replica.",
                     .min = 1,
                     .max = 100'000}},
        json::Field{"threshold",
                    &T::threshold,
                    {.about = "Latencies: more is too slow; the percentile is that of objectives, "
                              "over the last 15 seconds.",
                     .min = 1,
                     .max = 600'000}},
        json::Field{"sustained",
                    &T::sustained,
                    {.about = "Latencies: too slow for this long before replicas grow, and before "
                              "they grow again; 30s where absent.",
                     .min = 1'000,
                     .max = 3'600'000}}};
  }

  static constexpr auto constraints() {
    return std::array{
        json::Constraint{"has(self.utilizationPercent) == (self.type in ['CPU', 'Memory'])",
                         "utilizationPercent belongs to CPU and Memory, which need it"},
        json::Constraint{"has(self.waitingPerReplica) == (self.type == 'QueueDepth')",
                         "waitingPerReplica belongs to QueueDepth, which needs it"},
        json::Constraint{
            "has(self.threshold) == (self.type in ['TimeToFirstToken', 'TimePerOutputToken'])",
            "threshold belongs to TimeToFirstToken and TimePerOutputToken, which need it"},
        json::Constraint{"!has(self.sustained) || has(self.threshold)",
                         "sustained belongs to TimeToFirstToken and TimePerOutputToken"}};
  }
};

}  // namespace penstock::api

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>

#include "lib/api/formats.h"
#include "lib/api/listener_spec.h"
#include "lib/api/node_capacity_spec.h"
#include "lib/json/field.h"

// status.autoscaling.nodes of an OptimizationPolicy.
namespace penstock::api {

struct NodeCapacityStatus {
  std::string provider;
  std::string reason;
  std::uint32_t expected = 0;
  std::uint32_t allocatable = 0;
  std::uint32_t headroom = 0;
  std::uint32_t missing = 0;
  std::uint32_t gpus = 0;
  std::uint32_t interrupted = 0;
  std::chrono::milliseconds lead_time{0};

  bool operator==(const NodeCapacityStatus&) const = default;

  static constexpr auto fields() {
    using T = NodeCapacityStatus;
    constexpr std::int64_t kMost = 1'000'000'000;
    return std::tuple{
        json::Field{"provider",
                    &T::provider,
                    {.about = "Who was asked: CapacityBuffer, Placeholder or Scale.",
                     .length_min = 0,
                     .length_max = 63}},
        json::Field{"reason",
                    &T::reason,
                    {.about = "Why the headroom is what it is; docs/design/capacity.md explains "
                              "each.",
                     .format = &kCamelCase}},
        json::Field{
            "expected",
            &T::expected,
            {.about = "Replicas that nodes have to carry a lead time from now.", .max = kMost}},
        json::Field{"allocatable",
                    &T::allocatable,
                    {.about = "Replicas that nodes have GPUs for now, those that run included.",
                     .max = kMost}},
        json::Field{"headroom",
                    &T::headroom,
                    {.about = "Replicas beyond those that there are, for which room is kept or "
                              "asked for.",
                     .max = kMost}},
        json::Field{
            "missing",
            &T::missing,
            {.about = "Of the expected, those that no node has GPUs for yet.", .max = kMost}},
        json::Field{"gpus", &T::gpus, {.about = "GPUs of the headroom.", .max = kMost}},
        json::Field{"interrupted",
                    &T::interrupted,
                    {.about = "Replicas on nodes that are about to go; they are replaced ahead.",
                     .max = kMost}},
        json::Field{"leadTime",
                    &T::lead_time,
                    {.about = "How long a replica takes until it serves when its node has to be "
                              "made, too: measured, or an assumption until some have been seen.",
                     .max = kDayMs}}};
  }
};

}  // namespace penstock::api

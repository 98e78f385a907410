#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "lib/api/formats.h"
#include "lib/json/field.h"

// spec.autoscaling.scaleToZero of an OptimizationPolicy.
namespace penstock::api {

// How requests wait for the first replica.
struct HoldSpec {
  std::chrono::milliseconds max_wait{300'000};
  std::uint32_t max_requests = 100;
  std::optional<std::string> service;
  std::optional<std::string> port;

  bool operator==(const HoldSpec&) const = default;

  static constexpr auto fields() {
    using T = HoldSpec;
    return std::tuple{
        json::Field{"maxWait",
                    &T::max_wait,
                    {.about = "How long; then 503 with Retry-After. What clients themselves wait "
                              "should be longer.",
                     .min = 1'000,
                     .max = 3'600'000}},
        json::Field{"maxRequests",
                    &T::max_requests,
                    {.about = "How many at once; further ones get 503 with Retry-After.",
                     .min = 1,
                     .max = 10'000}},
        json::Field{"service",
                    &T::service,
                    {.about = "The Service that clients use; where absent, the only one that "
                              "selects the target's pods.",
                     .format = &kDnsLabel}},
        json::Field{"port",
                    &T::port,
                    {.about = "The name of the Service's port that leads to the engine; needed "
                              "only where it has several.",
                     .format = &kDnsLabel}}};
  }
};

struct ScaleToZeroSpec {
  std::chrono::milliseconds idle{600'000};
  HoldSpec hold;

  bool operator==(const ScaleToZeroSpec&) const = default;

  static constexpr auto fields() {
    using T = ScaleToZeroSpec;
    return std::tuple{json::Field{"idle",
                                  &T::idle,
                                  {.about = "So long without a model call, and without one that is "
                                            "forecast, leads to no replica.",
                                   .min = 10'000,
                                   .max = 86'400'000}},
                      json::Field{"hold",
                                  &T::hold,
                                  {.about = "How requests wait for the first replica; it starts "
                                            "when one comes. Reads (GET) neither wait nor "
                                            "start it."}}};
  }
};

}  // namespace penstock::api

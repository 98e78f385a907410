#pragma once

#include <chrono>
#include <cstdint>
#include <tuple>

#include "lib/api/listener_spec.h"
#include "lib/json/field.h"

namespace penstock::api {

// What is expected of a policy's load by the time that a replica asked for now would serve.
struct ScalingForecastStatus {
  std::chrono::milliseconds ahead{0};
  double requests_per_second = 0;
  std::uint32_t quantile_percent = 0;
  double quantile_requests_per_second = 0;
  bool used = false;

  bool operator==(const ScalingForecastStatus&) const = default;

  static constexpr auto fields() {
    using T = ScalingForecastStatus;
    constexpr std::int64_t kMost = 1'000'000'000;
    return std::tuple{
        json::Field{"ahead", &T::ahead, {.about = "How far ahead: the lead time.", .max = kDayMs}},
        json::Field{"requestsPerSecond",
                    &T::requests_per_second,
                    {.about = "The mean that is expected, in requests per second.",
                     .min = 0,
                     .max = kMost}},
        json::Field{
            "quantilePercent",
            &T::quantile_percent,
            {.about = "The band's upper bound is not exceeded with this probability.", .max = 100}},
        json::Field{"quantileRequestsPerSecond",
                    &T::quantile_requests_per_second,
                    {.about = "That upper bound, which replicas are asked for; in requests per "
                              "second.",
                     .min = 0,
                     .max = kMost}},
        json::Field{"used",
                    &T::used,
                    {.about = "Whether decisions use it: not before it has seen enough, nor where "
                              "predictive is off."}}};
  }
};

}  // namespace penstock::api

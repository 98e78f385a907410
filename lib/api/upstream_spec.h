#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>

#include "lib/api/listener_spec.h"
#include "lib/json/field.h"

// spec.upstream of an OptimizationPolicy: how the sidecar reaches backends.
namespace penstock::api {

struct UpstreamTimeoutsSpec {
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds first_byte{600'000};
  std::chrono::milliseconds idle{300'000};
  std::chrono::milliseconds tcp_keep_alive{30'000};

  static constexpr auto fields() {
    using T = UpstreamTimeoutsSpec;
    return std::tuple{
        json::Field{"connect",
                    &T::connect,
                    {.about = "Until a connection stands, TLS included.", .min = 1, .max = kDayMs}},
        json::Field{"firstByte",
                    &T::first_byte,
                    {.about = "From the request to the first byte of the answer.",
                     .min = 1,
                     .max = kDayMs}},
        json::Field{"idle",
                    &T::idle,
                    {.about = "Between two reads of an answer.", .min = 1, .max = kDayMs}},
        json::Field{"tcpKeepAlive",
                    &T::tcp_keep_alive,
                    {.about = "Idle time before TCP probes the backend. Within a call, one that "
                              "acknowledges nothing, or takes nothing, for 2m is given up.",
                     .min = 1'000,
                     .max = kDayMs}}};
  }
};

struct PoolSpec {
  std::optional<std::chrono::milliseconds> idle_timeout;
  std::chrono::milliseconds max_age{600'000};
  std::uint32_t max_idle = 256;

  static constexpr auto fields() {
    using T = PoolSpec;
    return std::tuple{
        json::Field{"idleTimeout",
                    &T::idle_timeout,
                    {.about = "How long an unused connection is kept; 75s, or 4s to an engine in "
                              "the same pod, where absent.",
                     .min = 1,
                     .max = kDayMs}},
        json::Field{
            "maxAge",
            &T::max_age,
            {.about = "A connection is not reused beyond this age.", .min = 1, .max = kDayMs}},
        json::Field{"maxIdle",
                    &T::max_idle,
                    {.about = "Unused connections a worker and backend; 0 keeps none.",
                     .min = 0,
                     .max = 65'536}}};
  }
};

struct UpstreamSpec {
  UpstreamTimeoutsSpec timeouts;
  PoolSpec pool;

  static constexpr auto fields() {
    using T = UpstreamSpec;
    return std::tuple{
        json::Field{"timeouts", &T::timeouts, {.about = "How long backends may take."}},
        json::Field{"pool", &T::pool, {.about = "Connections kept for reuse."}}};
  }
};

}  // namespace penstock::api

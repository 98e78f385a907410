#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>

#include "lib/api/enums.h"
#include "lib/api/listener_access_spec.h"
#include "lib/json/field.h"
#include "lib/json/scalars.h"

// spec.listener of an OptimizationPolicy: how clients reach the sidecar.
namespace penstock::api {

inline constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

struct LimitsSpec {
  std::optional<std::uint32_t> connections;
  std::optional<std::uint32_t> requests_in_flight;
  std::uint32_t header_lines = 100;
  json::Quantity head_bytes{64ULL << 10};
  json::Quantity collected_body{16ULL << 20};
  json::Quantity collected_total{256ULL << 20};
  OversizedBody oversized_body = OversizedBody::kBypass;

  static constexpr auto fields() {
    using T = LimitsSpec;
    return std::tuple{
        json::Field{"connections",
                    &T::connections,
                    {.about = "Client connections at once; derived from the descriptor limit where "
                              "absent.",
                     .min = 1,
                     .max = 1'000'000}},
        json::Field{"requestsInFlight",
                    &T::requests_in_flight,
                    {.about = "Requests at once; derived from the descriptor limit where absent.",
                     .min = 1,
                     .max = 1'000'000}},
        json::Field{"headerLines",
                    &T::header_lines,
                    {.about = "Header lines of a request.", .min = 8, .max = 1'000}},
        json::Field{"headBytes",
                    &T::head_bytes,
                    {.about = "Bytes of a request's head.", .min = 4'096, .max = 1 << 20}},
        json::Field{"collectedBody",
                    &T::collected_body,
                    {.about = "The longest body of a model call that is read as a whole.",
                     .min = 1'024,
                     .max = 1LL << 30}},
        json::Field{
            "collectedTotal",
            &T::collected_total,
            {.about = "What all collected bodies, embeddings answers that are put together, "
                      "and stored answers that are made over for their reader, may hold "
                      "at once; 503 beyond.",
             .min = 1 << 20,
             .max = 1LL << 40}},
        json::Field{"oversizedBody",
                    &T::oversized_body,
                    {.about = "A longer body passes unread (Bypass) or gets 413 (Reject)."}}};
  }

  static constexpr auto constraints() {
    return std::array{json::Constraint{
        "quantity(string(self.collectedTotal)).compareTo(quantity(string(self.collectedBody))) >= "
        "0",
        "collectedTotal must not be smaller than collectedBody"}};
  }
};

struct ListenerTimeoutsSpec {
  std::chrono::milliseconds head{10'000};
  std::chrono::milliseconds body{60'000};
  std::chrono::milliseconds keep_alive{75'000};
  std::chrono::milliseconds tcp_keep_alive{30'000};

  static constexpr auto fields() {
    using T = ListenerTimeoutsSpec;
    return std::tuple{
        json::Field{"head",
                    &T::head,
                    {.about = "Until a request's head is complete.", .min = 100, .max = kDayMs}},
        json::Field{"body",
                    &T::body,
                    {.about = "Between two reads of a request's body.", .min = 100, .max = kDayMs}},
        json::Field{"keepAlive",
                    &T::keep_alive,
                    {.about = "How long a connection may wait for its next request.",
                     .min = 100,
                     .max = kDayMs}},
        json::Field{
            "tcpKeepAlive",
            &T::tcp_keep_alive,
            {.about = "Idle time before TCP probes the client.", .min = 1'000, .max = kDayMs}}};
  }
};

struct OnDisconnectSpec {
  OnDisconnect action = OnDisconnect::kAbort;
  json::Quantity max_bytes{1ULL << 20};
  std::chrono::milliseconds max_time{30'000};

  static constexpr auto fields() {
    using T = OnDisconnectSpec;
    return std::tuple{
        json::Field{"action",
                    &T::action,
                    {.about = "Once a client is gone its call is ended (Abort), or read on for "
                              "accounting (Drain)."}},
        json::Field{"maxBytes",
                    &T::max_bytes,
                    {.about = "Drain: at most this much.", .min = 1, .max = 1LL << 30}},
        json::Field{"maxTime",
                    &T::max_time,
                    {.about = "Drain: at most this long.", .min = 1, .max = kDayMs}}};
  }
};

struct ListenerSpec {
  std::optional<ListenerTlsSpec> tls;
  AuthenticationSpec authentication;
  LimitsSpec limits;
  ListenerTimeoutsSpec timeouts;
  OnDisconnectSpec on_disconnect;

  static constexpr auto fields() {
    using T = ListenerSpec;
    return std::tuple{
        json::Field{
            "tls", &T::tls, {.about = "Serves TLS 1.2 and later; plain text where absent."}},
        json::Field{"authentication", &T::authentication, {.about = "Who may call."}},
        json::Field{"limits", &T::limits, {.about = "Bounds; 503 with retry-after beyond them."}},
        json::Field{"timeouts", &T::timeouts, {.about = "How long clients may take."}},
        json::Field{"onDisconnect", &T::on_disconnect, {.about = "When a client leaves early."}}};
  }
};

}  // namespace penstock::api

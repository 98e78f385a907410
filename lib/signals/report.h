#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include "lib/json/field.h"
#include "lib/signals/latency_histogram.h"

// What a sidecar says of itself and its engine when it is asked, each second. Counters go up from 0
// since the process started, in requests or tokens. docs/design/signals.md says more of each field.
namespace penstock::signals {

// The format that this build writes. Fields are only ever added, and none changes its meaning, so
// that a report of any version is read; the number tells whether a field that is absent could be
// there.
inline constexpr std::int64_t kReportVersion = 1;

inline constexpr json::Rules kCount{.required = true, .min = 0};
inline constexpr json::Rules kReading{.min = 0};

// Model calls as clients made them, whoever answered.
struct RequestCounts {
  std::int64_t started = 0;
  std::int64_t finished = 0;  // with errors
  std::int64_t client_errors = 0;
  std::int64_t upstream_errors = 0;
  std::int64_t own_errors = 0;
  bool operator==(const RequestCounts&) const = default;

  static constexpr auto fields() {
    using T = RequestCounts;
    return std::tuple{json::Field{"started", &T::started, kCount},
                      json::Field{"finished", &T::finished, kCount},
                      json::Field{"clientErrors", &T::client_errors, kCount},
                      json::Field{"upstreamErrors", &T::upstream_errors, kCount},
                      json::Field{"ownErrors", &T::own_errors, kCount}};
  }
};

// Model calls as they went on to the engine.
struct CallCounts {
  std::int64_t started = 0;
  std::int64_t finished = 0;
  bool operator==(const CallCounts&) const = default;

  static constexpr auto fields() {
    using T = CallCounts;
    return std::tuple{json::Field{"started", &T::started, kCount},
                      json::Field{"finished", &T::finished, kCount}};
  }
};

// What the sidecar's own cache did with requests.
struct CacheCounts {
  std::int64_t hits = 0;
  std::int64_t partial_hits = 0;  // embeddings: some inputs of a batch
  std::int64_t misses = 0;
  std::int64_t joins = 0;  // answered by another request's call
  bool operator==(const CacheCounts&) const = default;

  static constexpr auto fields() {
    using T = CacheCounts;
    return std::tuple{
        json::Field{"hits", &T::hits, kCount}, json::Field{"partialHits", &T::partial_hits, kCount},
        json::Field{"misses", &T::misses, kCount}, json::Field{"joins", &T::joins, kCount}};
  }
};

// Counted when a request ends.
struct TokenCounts {
  std::int64_t prefill = 0;        // prompt tokens that reached the engine …
  std::int64_t prefix_cached = 0;  // … of which it had these in its prefix cache, where it says so
  std::int64_t decode = 0;         // completion tokens that the engine made
  std::int64_t saved_prompt = 0;   // prompt tokens that never reached it: hits and joins …
  std::int64_t saved_completion = 0;  // … and completion tokens it did not make again
  bool operator==(const TokenCounts&) const = default;

  // As clients sent them.
  [[nodiscard]] std::int64_t prompt() const { return prefill + saved_prompt; }

  static constexpr auto fields() {
    using T = TokenCounts;
    return std::tuple{json::Field{"prefill", &T::prefill, kCount},
                      json::Field{"prefixCached", &T::prefix_cached, kCount},
                      json::Field{"decode", &T::decode, kCount},
                      json::Field{"savedPrompt", &T::saved_prompt, kCount},
                      json::Field{"savedCompletion", &T::saved_completion, kCount}};
  }
};

// What the engine's own metrics say. What is absent the engine does not tell.
struct EngineLoad {
  std::string name;                                // "vllm", "sglang", "trtllm", "llamacpp"
  std::int64_t age_ms = 0;                         // since it said so
  std::optional<double> kv_usage;                  // share of its KV cache, 0 … 1
  std::optional<std::int64_t> kv_capacity_tokens;  // of its KV cache
  std::optional<std::int64_t> running;             // requests
  std::optional<std::int64_t> waiting;             // requests in its own queue
  std::optional<std::int64_t> preemptions;         // a counter, since the engine started
  bool operator==(const EngineLoad&) const = default;

  static constexpr auto fields() {
    using T = EngineLoad;
    return std::tuple{json::Field{"name", &T::name, {.required = true, .length_max = 32}},
                      json::Field{"ageMs", &T::age_ms, kCount},
                      json::Field{"kvUsage", &T::kv_usage, {.min = 0, .max = 1}},
                      json::Field{"kvCapacityTokens", &T::kv_capacity_tokens, kReading},
                      json::Field{"running", &T::running, kReading},
                      json::Field{"waiting", &T::waiting, kReading},
                      json::Field{"preemptions", &T::preemptions, kReading}};
  }
};

struct Report {
  std::int64_t version = kReportVersion;
  std::string start_id;        // another one: another process, whose counters began at 0
  std::int64_t uptime_ms = 0;  // of that process when this was counted, by its own steady clock
  RequestCounts requests;
  CallCounts calls;
  CacheCounts cache;
  TokenCounts tokens;
  std::int64_t running = 0;        // calls that are with the engine now
  std::int64_t waiting = 0;        // requests being served now without a call of their own
  std::int64_t held = 0;           // requests of any kind that wait for an engine to be there, now
  std::int64_t hold_arrivals = 0;  // … and that have come to wait, be it in vain; a counter
  LatencyHistogram time_to_first_token;    // of streamed calls: request read -> first content
  LatencyHistogram time_per_output_token;  // of streamed calls, a call's mean after the first token
  std::optional<EngineLoad> engine;        // absent: it has told nothing yet
  bool operator==(const Report&) const = default;
};

}  // namespace penstock::signals

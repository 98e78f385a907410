#pragma once

#include <chrono>
#include <cstdint>

#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/token_usage.h"
#include "sidecar/request/inline_text.h"

namespace penstock::request {

// What the cache had to do with a request. Labels stand in request_labels.h.
enum class CacheState : std::uint8_t {
  kNone,       // no caching in the policy, or not a call that is ever cached
  kBypass,     // bypass_reason says why
  kMiss,       // answered upstream
  kHit,        // answered from memory
  kPartial,    // embeddings: some of the inputs came from memory
  kExpired,    // found, but too old for this request; answered upstream
  kCollapsed,  // answered by another caller's upstream call
};

// Which side ended a request before its answer was complete.
enum class Disconnect : std::uint8_t { kNone, kDownstream, kUpstream };

// Where the time of one request went. kUnmeasured: that part did not happen.
struct RequestTiming {
  using Micros = std::chrono::microseconds;
  static constexpr Micros kUnmeasured{-1};

  // Waiting for a backend that was not there yet (with --hold); or, where another caller's call
  // answered, for that call's response head.
  Micros queue = kUnmeasured;
  Micros cache = kUnmeasured;    // key and look-up
  Micros connect = kUnmeasured;  // new upstream connections only
  // Request head read -> first answer byte written. Until then: -> upstream's response head read.
  Micros first_byte = kUnmeasured;
  Micros first_token = kUnmeasured;  // request head read -> first event with content
  Micros upstream = kUnmeasured;     // upstream request sent -> upstream answer complete
  Micros total = kUnmeasured;        // request head read -> last answer byte written
  // Total less what was waited for others, clients included; unmeasured where that is not known:
  // kCollapsed, and who led a call that did not wait for its slow client.
  Micros overhead = kUnmeasured;
};

// One finished request, for the access log, /api/requests and the metrics. Never holds content: no
// query, prompt, answer, header value or credential.
//
// Trivially copyable on purpose: it is filled on every request and copied into a ring.
// Its fields stand in reading order, at a price of 32 bytes.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct RequestRecord {
  InlineText<16> id;
  std::chrono::system_clock::time_point started_at;
  InlineText<8> method;
  InlineText<63> path;  // without the query
  domain::Endpoint endpoint;
  InlineText<47> model;           // as the client asked
  InlineText<47> response_model;  // as the provider answered
  InlineText<47> backend;         // empty: none was asked
  InlineText<16> tenant;          // start of the tenant's hash; empty: anonymous
  InlineText<32> trace_id;        // 32 hex digits
  InlineText<32> policy_hash;

  std::uint16_t status = 0;  // what the client got; 0: it left before
  bool stream = false;
  CacheState cache = CacheState::kNone;
  Disconnect disconnect = Disconnect::kNone;
  InlineText<23> bypass_reason;  // metric label; set with kBypass
  InlineText<23> error;          // metric label of an error of our own; empty: none

  std::uint64_t bytes_in = 0;   // of the client's body
  std::uint64_t bytes_out = 0;  // of the answer's payload
  std::uint32_t upstream_attempts = 0;
  InlineText<63> upstream_failure;  // why the last attempt that failed did
  RequestTiming timing;

  // What the answer the client got is worth: paid for once when it came from upstream, saved when
  // it did not.
  domain::TokenUsage usage;
  bool usage_known = false;
  bool paid = false;  // it is booked here: with kCollapsed for a caller that left before its end
  std::int64_t cost = 0;  // picodollars paid; meaningful with cost_known
  bool cost_known = false;
  InlineText<16> price_version;  // of the price table that priced it
  std::int64_t saved_cost = 0;   // picodollars; 0 where the price is unknown
  // With kPartial: input tokens of what came from memory, beside `usage`. An estimate.
  std::int64_t saved_tokens = 0;
  InlineText<31>
      unpriced_reason;  // metric label; why cost_known is false although something was used
};

}  // namespace penstock::request

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/digest/digest.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/instant.h"
#include "sidecar/domain/token_usage.h"

namespace penstock::domain {

// One event of a stored stream.
struct StoredEvent {
  std::uint32_t end = 0;         // offset in the body, after the event's blank line
  std::uint32_t arrived_ms = 0;  // since the first byte of the answer, for paced replay
  bool operator==(const StoredEvent&) const = default;
};

// One complete answer, in the form in which it goes out. Written once, then shared as
// shared_ptr<const CacheEntry> by the cache and every caller that is being served from it.
struct CacheEntry {
  digest::Hash128 canonical;      // what it is stored under
  std::uint64_t tenant_hash = 0;  // for clearing by tenant; the key holds the tenant itself
  Endpoint endpoint;              // which dialect's rules fold and unfold it

  // Status line and stored headers, each ended by CRLF, without the blank line: Age, Cache-Status
  // and the framing are the caller's.
  std::string head;
  std::string body;        // identity coding
  bool is_stream = false;  // the body is an event stream
  std::vector<StoredEvent>
      events;  // of a stream, ends strictly increasing, the last is body.size()

  // Of a stream: whether it tells its usage, and whether only because that was asked for.
  bool tells_usage = false;
  bool usage_on_demand = false;

  std::string model;  // as the answer names it
  TokenUsage usage;   // what the answer cost when it was made; a hit saves it
  std::optional<std::int64_t> cost_picodollars;  // unknown is not free

  Instant stored_at;
  Instant expires_at;

  // Memory this entry holds, the object itself included.
  [[nodiscard]] std::size_t byte_size() const;
};

using EntryPtr = std::shared_ptr<const CacheEntry>;

// Whether a response header (in any case) is kept with an answer. A short allow-list: cookies,
// request ids, rate limits, dates and framing belong to one exchange, not to the answer.
[[nodiscard]] bool is_storable_header(std::string_view name);

// The time an entry lives: `ttl` less up to `jitter_percent` of itself, so that entries written
// together do not expire together, and none outlives what the policy says. `random` is any uniform
// 64-bit number. Never negative.
[[nodiscard]] Millis jittered_ttl(Millis ttl, std::uint32_t jitter_percent, std::uint64_t random);

}  // namespace penstock::domain

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/domain/bypass_reason.h"

namespace penstock::domain {

// What a client's Cache-Control asks of us (RFC 9111 §5.2.1). min-fresh, max-stale and the rest do
// not bind a cache that never serves stale entries, or ask for what is not offered: they are
// ignored.
struct RequestCacheControl {
  bool no_store = false;        // neither read nor write the cache
  bool no_cache = false;        // ask upstream; the answer may be stored
  bool only_if_cached = false;  // 504 instead of an upstream call
  std::optional<std::chrono::seconds>
      max_age;  // an entry must not be older; unreadable counts as 0

  // Adds one field value; call it for every Cache-Control line.
  void add(std::string_view field_value);
};

// What an upstream's Cache-Control allows (RFC 9111 §5.2.2).
struct ResponseCacheControl {
  bool no_store = false;
  bool is_private = false;
  bool no_cache = false;
  std::optional<std::chrono::seconds> max_age;  // s-maxage before max-age; unreadable counts as 0

  void add(std::string_view field_value);

  // `no-cache` on an event stream is what every server of streams sends to keep proxies from
  // buffering them; there it says nothing about the answer. That is a departure from RFC 9111
  // §5.2.2.4. Elsewhere it forbids storing, since nothing here revalidates.
  [[nodiscard]] bool forbids_storing(bool is_event_stream) const;
};

// The Cache-Status field of RFC 9211 that Penstock adds to an answer.
struct CacheStatus {
  enum class Outcome : std::uint8_t {
    kHit,
    kMiss,        // fwd=uri-miss: the cache has no entry
    kRequest,     // fwd=request: the client asked for a fresh answer
    kStale,       // fwd=stale: there was one, too old
    kPartialHit,  // fwd=partial: an embedding batch of which some elements were known
    kBypass,
  };
  Outcome outcome = Outcome::kMiss;
  std::optional<std::chrono::seconds> ttl;  // what is left to an entry; kHit only
  std::optional<BypassReason> bypass;       // detail; kBypass only
  bool collapsed = false;                   // joined another caller's upstream call

  // Appends the field's value: "Penstock; hit; ttl=296".
  void append_to(std::string& out) const;
};

}  // namespace penstock::domain

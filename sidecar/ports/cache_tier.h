#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/digest/digest.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/domain/instant.h"

namespace penstock::ports {

struct CacheTierStats {
  std::uint64_t entries = 0;
  std::uint64_t aliases = 0;
  std::uint64_t bytes = 0;  // with all overhead
  std::uint64_t capacity_bytes = 0;
  std::uint64_t raw_hits = 0;        // found by find_raw()
  std::uint64_t canonical_hits = 0;  // found by find_canonical()
  std::uint64_t misses = 0;          // not found by find_canonical(), where a lookup ends
  std::uint64_t evictions = 0;       // made room for others
  std::uint64_t expirations = 0;     // found too old
  std::uint64_t inserted = 0;
  std::uint64_t rejected = 0;  // larger than the tier may hold

  [[nodiscard]] std::uint64_t hits() const { return raw_hits + canonical_hits; }
};

// A place that answers are kept in, bounded in bytes. Entries are stored under their canonical key;
// a raw alias finds one by the bytes of a request that led to it before, without parsing them.
//
// A lookup is find_raw(), then, on a miss, find_canonical(); a canonical hit is worth an alias().
//
// Threads: safe, and plain calls: nothing here waits for I/O. (A tier that must wait is another
// port.)
class CacheTier {
 public:
  CacheTier() = default;
  virtual ~CacheTier() = default;
  CacheTier(const CacheTier&) = delete;
  CacheTier& operator=(const CacheTier&) = delete;

  // The entry that `request` led to before, or null, and what is known of such a request. `raw` is
  // its raw key; the bytes are verified, so a collision of keys is a miss.
  struct RawHit {
    domain::EntryPtr entry;
    std::shared_ptr<const domain::RequestTraits> traits;  // set with `entry`
  };
  virtual RawHit find_raw(const digest::Hash128& raw, const domain::RequestBytes& request,
                          domain::Instant now) = 0;
  virtual domain::EntryPtr find_canonical(const digest::Hash128& key, domain::Instant now) = 0;
  // The same once more for a lookup that has missed: counts a hit, but no second miss.
  virtual domain::EntryPtr find_again(const digest::Hash128& key, domain::Instant now) = 0;
  // What find_canonical() would find. Nothing is counted, and eviction hears of no use.
  virtual domain::EntryPtr peek(const digest::Hash128& key, domain::Instant now) = 0;

  // Lets find_raw() find the entry under `key` by this request too. Does nothing where the entry is
  // gone or has as many aliases as one may have.
  virtual void alias(const digest::Hash128& raw, const digest::Hash128& key,
                     const domain::RequestBytes& request, const domain::RequestTraits& traits) = 0;

  // Stores the entry under entry->canonical, with a first alias, replacing one that was there.
  // False: it is larger than the tier may hold. REQUIRES: entry != nullptr.
  virtual bool insert(domain::EntryPtr entry, const digest::Hash128& raw,
                      domain::KnownRequest request) = 0;
  // The same without an alias (an element of an embedding batch).
  virtual bool insert(domain::EntryPtr entry) = 0;

  virtual void remove(const digest::Hash128& key) = 0;
  // Return how many entries went. Callers that hold an entry keep it.
  virtual std::size_t clear() = 0;
  virtual std::size_t clear_tenant(std::uint64_t tenant_hash) = 0;

  [[nodiscard]] virtual CacheTierStats stats() const = 0;
};

}  // namespace penstock::ports

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "lib/digest/digest.h"
#include "lib/sync/mutex.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/store/line_index.h"

namespace penstock::store {

// A raw key and what it leads to, if the proof holds. One block of memory: where a cache evicts,
// most of what it touches comes from far away.
struct Alias {
  Alias(const digest::Hash128& raw_key, const digest::Hash128& leads_to, domain::KnownRequest known)
      : hash(raw_key.low), raw(raw_key), key(leads_to), request(std::move(known)) {}

  [[nodiscard]] bool has_key(const digest::Hash128& other) const { return raw == other; }
  // Memory it holds, allocator overhead included.
  [[nodiscard]] std::size_t byte_size() const;

  const std::uint64_t hash;
  const digest::Hash128 raw;
  const digest::Hash128 key;
  const domain::KnownRequest request;  // verified outside the mutex

  // The table's, under its mutex.
  Alias* chain = nullptr;
  std::shared_ptr<Alias> self;  // what keeps it while it is in a table, and says that it is
};

// One shard of the raw aliases. An entry keeps its aliases, also one that lost its place here; when
// they go is the business of the entry's shard: it calls here with its own mutex held, never the
// other way round.
class AliasTable {
 public:
  explicit AliasTable(std::size_t aliases) : index_(aliases) {}

  [[nodiscard]] std::shared_ptr<const Alias> find(const digest::Hash128& raw)
      PENSTOCK_EXCLUDES(mutex_);

  // Returns the alias that had the same raw key, if any.
  [[nodiscard]] std::shared_ptr<Alias> insert(std::shared_ptr<Alias> alias)
      PENSTOCK_EXCLUDES(mutex_);

  // Takes the alias out, if it is still there: another one with the same raw key may have taken its
  // place.
  void remove(Alias& alias) PENSTOCK_EXCLUDES(mutex_);

  // Brings near what a remove() of this key will touch first. Any thread, without the mutex.
  void prefetch(const digest::Hash128& raw) const PENSTOCK_NO_THREAD_ANALYSIS {
    index_.prefetch(raw.low);
  }

  [[nodiscard]] std::size_t size() PENSTOCK_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t overhead_bytes() PENSTOCK_EXCLUDES(mutex_);

  AliasTable(const AliasTable&) = delete;
  AliasTable& operator=(const AliasTable&) = delete;
  ~AliasTable();

 private:
  sync::Mutex mutex_;
  LineIndex<Alias> index_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t size_ PENSTOCK_GUARDED_BY(mutex_) = 0;
};

}  // namespace penstock::store

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lib/digest/digest.h"
#include "lib/resolve/resolved_policy.h"
#include "lib/sync/mutex.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/domain/eviction/eviction_policy.h"
#include "sidecar/domain/instant.h"
#include "sidecar/ports/cache_tier.h"
#include "sidecar/store/alias_table.h"
#include "sidecar/store/line_index.h"

namespace penstock::store {

inline constexpr std::size_t kAliasesPerEntryMax = 4;

// An entry in its shard, with the raw keys that lead to it.
struct EntryNode : domain::EvictionNode {
  explicit EntryNode(domain::EntryPtr stored);

  [[nodiscard]] bool has_key(const digest::Hash128& key) const { return entry->canonical == key; }
  [[nodiscard]] bool has_alias(const digest::Hash128& raw) const;

  std::uint64_t hash;
  domain::EntryPtr entry;
  EntryNode* chain = nullptr;
  std::uint64_t bytes;  // charged to the shard: the entry, this node, its aliases
  std::array<std::shared_ptr<Alias>, kAliasesPerEntryMax> aliases{};
  std::size_t alias_count = 0;
};

// The aliases of all shards; an alias stands where its raw key says.
class AliasTables {
 public:
  // REQUIRES: `tables` is a power of two.
  AliasTables(std::size_t tables, std::size_t aliases);

  [[nodiscard]] AliasTable& of(const digest::Hash128& raw) {
    return *tables_[raw.high & (tables_.size() - 1)];
  }
  [[nodiscard]] std::size_t size();
  [[nodiscard]] std::size_t overhead_bytes();

 private:
  std::vector<std::unique_ptr<AliasTable>> tables_;
};

// One shard of the entries: index, eviction order, bytes and counters under one mutex. What leaves
// is freed outside it.
class EntryShard {
 public:
  // `capacity_bytes` covers the shard's fixed overhead too; `entries`: as many as it is meant for.
  EntryShard(std::uint64_t capacity_bytes, std::size_t entries, resolve::Eviction eviction,
             AliasTables& aliases);
  ~EntryShard();
  EntryShard(const EntryShard&) = delete;
  EntryShard& operator=(const EntryShard&) = delete;

  enum class Lookup : std::uint8_t { kRaw, kCanonical, kAgain };
  [[nodiscard]] domain::EntryPtr find(const digest::Hash128& key, domain::Instant now,
                                      Lookup lookup) PENSTOCK_EXCLUDES(mutex_);
  // The same as if nobody had asked.
  [[nodiscard]] domain::EntryPtr peek(const digest::Hash128& key, domain::Instant now)
      PENSTOCK_EXCLUDES(mutex_);

  [[nodiscard]] bool wants_alias(const digest::Hash128& key, const digest::Hash128& raw)
      PENSTOCK_EXCLUDES(mutex_);
  void add_alias(const digest::Hash128& key, std::shared_ptr<Alias> alias)
      PENSTOCK_EXCLUDES(mutex_);

  // Brings near what an insert() of this key will touch first. Without the mutex, which guards the
  // policy's state, not its place.
  void prefetch(const digest::Hash128& key) const PENSTOCK_NO_THREAD_ANALYSIS {
    index_.prefetch(key.low);
    policy_->prefetch(key.low);
  }

  // `alias` may be null. False: more than the shard may hold.
  [[nodiscard]] bool insert(std::unique_ptr<EntryNode> node, std::shared_ptr<Alias> alias)
      PENSTOCK_EXCLUDES(mutex_);
  void remove(const digest::Hash128& key) PENSTOCK_EXCLUDES(mutex_);

  // Removes the entries of one tenant, or all; returns how many.
  std::size_t clear(const std::uint64_t* tenant_hash) PENSTOCK_EXCLUDES(mutex_);

  void add_to(ports::CacheTierStats& stats) PENSTOCK_EXCLUDES(mutex_);

 private:
  // What left the shard under the mutex, to be freed after it.
  class Leaving;

  // Evicts until `bytes` more fit, but only a few entries at once; false: not yet.
  bool make_room(std::uint64_t bytes, Leaving& leaving) PENSTOCK_REQUIRES(mutex_);
  void prefetch_next_victims() const PENSTOCK_REQUIRES(mutex_);
  void take_out(EntryNode& node, Leaving& leaving) PENSTOCK_REQUIRES(mutex_);
  void release(EntryNode& node, Leaving& leaving) PENSTOCK_REQUIRES(mutex_);
  void attach(EntryNode& node, std::shared_ptr<Alias> alias, Leaving& leaving)
      PENSTOCK_REQUIRES(mutex_);

  AliasTables& aliases_;
  sync::Mutex mutex_;
  LineIndex<EntryNode> index_ PENSTOCK_GUARDED_BY(mutex_);
  std::unique_ptr<domain::EvictionPolicy> policy_ PENSTOCK_GUARDED_BY(mutex_);
  std::uint64_t budget_;  // for entries and aliases: what the fixed overhead leaves
  std::uint64_t bytes_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  ports::CacheTierStats counts_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::store

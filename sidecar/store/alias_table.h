#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/digest/digest.h"
#include "lib/sync/mutex.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/store/chained_index.h"

namespace penstock::store {

// What a raw key leads to, if the proof holds. Immutable; verified outside the mutex.
struct Alias {
  digest::Digest key;
  domain::KnownRequest request;
};

struct AliasNode {
  AliasNode(const digest::Hash128& raw_key, const digest::Digest& key,
            domain::KnownRequest request);

  [[nodiscard]] bool has_key(const digest::Hash128& other) const { return raw == other; }
  // Memory it holds, allocator overhead included.
  [[nodiscard]] std::size_t byte_size() const;

  std::uint64_t hash;
  digest::Hash128 raw;
  std::shared_ptr<const Alias> alias;
  AliasNode* chain = nullptr;
};

// One shard of the raw aliases. Which entry owns an alias, and when it goes, is the business of the
// entry's shard: it calls here with its own mutex held, never the other way round.
class AliasTable {
 public:
  explicit AliasTable(std::size_t buckets) : index_(buckets) {}

  [[nodiscard]] std::shared_ptr<const Alias> find(const digest::Hash128& raw)
      PENSTOCK_EXCLUDES(mutex_);

  // Returns the node that had the same raw key, if any.
  [[nodiscard]] std::unique_ptr<AliasNode> insert(std::unique_ptr<AliasNode> node)
      PENSTOCK_EXCLUDES(mutex_);

  // Takes the alias out, if it still leads to `key`: another request with the same raw key may have
  // taken its place.
  [[nodiscard]] std::unique_ptr<AliasNode> remove(const digest::Hash128& raw,
                                                  const digest::Digest& key)
      PENSTOCK_EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() PENSTOCK_EXCLUDES(mutex_);
  [[nodiscard]] std::size_t overhead_bytes() PENSTOCK_EXCLUDES(mutex_);

  AliasTable(const AliasTable&) = delete;
  AliasTable& operator=(const AliasTable&) = delete;
  ~AliasTable();

 private:
  sync::Mutex mutex_;
  ChainedIndex<AliasNode> index_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t size_ PENSTOCK_GUARDED_BY(mutex_) = 0;
};

}  // namespace penstock::store

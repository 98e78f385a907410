#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/ports/cache_tier.h"
#include "sidecar/store/entry_shard.h"

namespace penstock::store {

// Answers in the process's own memory, shared by its workers.
//
// Bounded in bytes with everything: entries, index, aliases and what proves them, what the eviction
// policy remembers, the allocator's overhead. Split into shards by key, each with a mutex held for
// a few hundred nanoseconds; proofs are checked and memory is freed outside. A raw lookup takes two
// of them one after the other (alias, entry); only an entry's shard takes an alias table's mutex
// while it holds its own, never the reverse.
//
// Expired entries go when they are found, or when eviction reaches them.
class MemoryTier final : public ports::CacheTier {
 public:
  struct Settings {
    std::uint64_t size_bytes = 256ULL << 20;
    resolve::Eviction eviction = resolve::Eviction::kS3Fifo;
    // A power of two; 0: one for each 16 MiB, at most 64. No entry is larger than a shard.
    std::size_t shards = 0;
  };

  // `hasher` must outlive the tier.
  MemoryTier(const Settings& settings, const domain::KeyHasher& hasher);

  RawHit find_raw(const digest::Hash128& raw, const domain::RequestBytes& request,
                  domain::Instant now) override;
  domain::EntryPtr find_canonical(const digest::Hash128& key, domain::Instant now) override;
  domain::EntryPtr find_again(const digest::Hash128& key, domain::Instant now) override;
  domain::EntryPtr peek(const digest::Hash128& key, domain::Instant now) override;
  void alias(const digest::Hash128& raw, const digest::Hash128& key,
             const domain::RequestBytes& request, const domain::RequestTraits& traits) override;
  bool insert(domain::EntryPtr entry, const digest::Hash128& raw,
              domain::KnownRequest request) override;
  bool insert(domain::EntryPtr entry) override;
  void remove(const digest::Hash128& key) override;
  std::size_t clear() override;
  std::size_t clear_tenant(std::uint64_t tenant_hash) override;
  [[nodiscard]] ports::CacheTierStats stats() const override;

  [[nodiscard]] std::size_t shards() const { return shards_.size(); }

 private:
  [[nodiscard]] EntryShard& shard_of(const digest::Hash128& key) const {
    return *shards_[key.high & (shards_.size() - 1)];
  }

  const std::uint64_t size_bytes_;
  const domain::KeyHasher& hasher_;
  std::unique_ptr<AliasTables> aliases_;  // outlives the shards, whose entries own aliases
  std::vector<std::unique_ptr<EntryShard>> shards_;
};

}  // namespace penstock::store

#include "sidecar/store/memory_tier.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace penstock::store {
namespace {

constexpr std::uint64_t kBytesPerShard = 16ULL << 20;
constexpr std::uint64_t kShardsMax = 64;

// What an entry takes with all that belongs to it, where answers are short: the indexes are meant
// for as many as that.
constexpr std::uint64_t kBytesPerEntry = 2048;

std::size_t shard_count(const MemoryTier::Settings& settings) {
  const std::uint64_t derived =
      std::clamp<std::uint64_t>(settings.size_bytes / kBytesPerShard, 1, kShardsMax);
  return std::bit_floor(settings.shards != 0 ? settings.shards : std::size_t{derived});
}

}  // namespace

MemoryTier::MemoryTier(const Settings& settings, const domain::KeyHasher& hasher)
    : size_bytes_(settings.size_bytes), hasher_(hasher) {
  const std::size_t shards = shard_count(settings);
  const std::size_t entries = settings.size_bytes / shards / kBytesPerEntry;
  aliases_ = std::make_unique<AliasTables>(shards, entries);
  const std::uint64_t fixed = sizeof(*this) + aliases_->overhead_bytes();
  const std::uint64_t for_shards = settings.size_bytes - std::min(settings.size_bytes, fixed);
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(
        std::make_unique<EntryShard>(for_shards / shards, entries, settings.eviction, *aliases_));
  }
}

ports::CacheTier::RawHit MemoryTier::find_raw(const digest::Hash128& raw,
                                              const domain::RequestBytes& request,
                                              domain::Instant now) {
  std::shared_ptr<const Alias> alias = aliases_->of(raw).find(raw);
  if (alias == nullptr || !alias->request.proof.proves(request, hasher_)) {
    return {};
  }
  RawHit hit;
  hit.entry = shard_of(alias->key).find(alias->key, now, EntryShard::Lookup::kRaw);
  if (hit.entry != nullptr) {
    const domain::RequestTraits* traits = &alias->request.traits;
    hit.traits = std::shared_ptr<const domain::RequestTraits>(std::move(alias), traits);
  }
  return hit;
}

domain::EntryPtr MemoryTier::find_canonical(const digest::Hash128& key, domain::Instant now) {
  return shard_of(key).find(key, now, EntryShard::Lookup::kCanonical);
}

domain::EntryPtr MemoryTier::find_again(const digest::Hash128& key, domain::Instant now) {
  return shard_of(key).find(key, now, EntryShard::Lookup::kAgain);
}

domain::EntryPtr MemoryTier::peek(const digest::Hash128& key, domain::Instant now) {
  return shard_of(key).peek(key, now);
}

void MemoryTier::alias(const digest::Hash128& raw, const digest::Hash128& key,
                       const domain::RequestBytes& request, const domain::RequestTraits& traits) {
  EntryShard& shard = shard_of(key);
  // First, because the proof of a long request costs more than the rest: clients that spell each
  // request anew fill the aliases once and then pay for none.
  if (shard.wants_alias(key, raw)) {
    domain::KnownRequest known{domain::RequestProof(request, hasher_), traits};
    shard.add_alias(key, std::make_shared<Alias>(raw, key, std::move(known)));
  }
}

bool MemoryTier::insert(domain::EntryPtr entry, const digest::Hash128& raw,
                        domain::KnownRequest request) {
  EntryShard& shard = shard_of(entry->canonical);
  shard.prefetch(entry->canonical);
  aliases_->of(raw).prefetch(raw);
  auto alias = std::make_shared<Alias>(raw, entry->canonical, std::move(request));
  return shard.insert(std::make_unique<EntryNode>(std::move(entry)), std::move(alias));
}

bool MemoryTier::insert(domain::EntryPtr entry) {
  EntryShard& shard = shard_of(entry->canonical);
  return shard.insert(std::make_unique<EntryNode>(std::move(entry)), nullptr);
}

void MemoryTier::remove(const digest::Hash128& key) {
  shard_of(key).remove(key);
}

std::size_t MemoryTier::clear() {
  std::size_t cleared = 0;
  for (const auto& shard : shards_) {
    cleared += shard->clear(nullptr);
  }
  return cleared;
}

std::size_t MemoryTier::clear_tenant(std::uint64_t tenant_hash) {
  std::size_t cleared = 0;
  for (const auto& shard : shards_) {
    cleared += shard->clear(&tenant_hash);
  }
  return cleared;
}

ports::CacheTierStats MemoryTier::stats() const {
  ports::CacheTierStats stats;
  stats.capacity_bytes = size_bytes_;
  stats.aliases = aliases_->size();
  stats.bytes = sizeof(*this) + aliases_->overhead_bytes();
  for (const auto& shard : shards_) {
    shard->add_to(stats);
  }
  return stats;
}

}  // namespace penstock::store

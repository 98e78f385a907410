#include "sidecar/store/entry_shard.h"

#include <algorithm>
#include <utility>

#include "sidecar/store/allocation.h"

namespace penstock::store {
namespace {

// Evictions and buckets between two releases of the mutex: so few that nobody waits a microsecond.
constexpr int kEvictionsAtOnce = 2;
constexpr std::size_t kBucketsAtOnce = 2;

void prefetch_lines(const void* object, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; object != nullptr && at < bytes; at += kLine) {
    __builtin_prefetch(static_cast<const char*>(object) + at, 1);
  }
}

void prefetch_text(std::string_view text) {
  constexpr std::size_t kBytesMax = 2048;
  prefetch_lines(text.data(), std::min(text.size(), kBytesMax));
}

}  // namespace

EntryNode::EntryNode(domain::EntryPtr stored)
    : hash(stored->canonical.low),
      entry(std::move(stored)),
      // The node; the entry with its block, head, body, model and events.
      bytes(sizeof(EntryNode) + entry->byte_size() + kSharedBlockBytes +
            6 * kAllocationOverheadBytes) {
  fingerprint = hash;
  weight = bytes;
}

bool EntryNode::has_alias(const digest::Hash128& raw) const {
  const auto used = std::span(aliases).first(alias_count);
  return std::ranges::any_of(used, [&raw](const auto& alias) { return alias->raw == raw; });
}

AliasTables::AliasTables(std::size_t tables, std::size_t aliases) {
  for (std::size_t i = 0; i < tables; ++i) {
    tables_.push_back(std::make_unique<AliasTable>(aliases));
  }
}

std::size_t AliasTables::size() {
  std::size_t sum = 0;
  for (const auto& table : tables_) {
    sum += table->size();
  }
  return sum;
}

std::size_t AliasTables::overhead_bytes() {
  std::size_t sum = 0;
  for (const auto& table : tables_) {
    sum += table->overhead_bytes();
  }
  return sum;
}

// Declared before the lock, so destroyed after it.
class EntryShard::Leaving {
 public:
  Leaving() = default;
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;
  ~Leaving() {
    while (EntryNode* node = entries_) {
      entries_ = node->chain;
      delete node;
    }
  }

  void take(EntryNode& node) {
    node.chain = entries_;
    entries_ = &node;
  }
  // One at most leaves without its entry.
  void take(std::shared_ptr<Alias> alias) { alias_ = std::move(alias); }

 private:
  EntryNode* entries_ = nullptr;
  std::shared_ptr<Alias> alias_;
};

EntryShard::EntryShard(std::uint64_t capacity_bytes, std::size_t entries,
                       resolve::Eviction eviction, AliasTables& aliases)
    : aliases_(aliases),
      index_(entries),
      policy_(domain::make_eviction_policy(eviction, capacity_bytes)) {
  const std::uint64_t fixed = sizeof(*this) + index_.overhead_bytes() + policy_->overhead_bytes();
  budget_ = capacity_bytes - std::min(capacity_bytes, fixed);
}

EntryShard::~EntryShard() {
  clear(nullptr);
}

domain::EntryPtr EntryShard::find(const digest::Hash128& key, domain::Instant now, Lookup lookup) {
  Leaving leaving;
  const sync::MutexLock lock(mutex_);
  EntryNode* node = index_.find(key.low, key);
  if (node != nullptr && now >= node->entry->expires_at) {
    ++counts_.expirations;
    release(*node, leaving);
    node = nullptr;
  }
  if (node == nullptr) {
    counts_.misses += lookup == Lookup::kCanonical ? 1U : 0U;
    return nullptr;
  }
  ++(lookup == Lookup::kRaw ? counts_.raw_hits : counts_.canonical_hits);
  policy_->on_hit(*node);
  return node->entry;
}

domain::EntryPtr EntryShard::peek(const digest::Hash128& key, domain::Instant now) {
  const sync::MutexLock lock(mutex_);
  const EntryNode* node = index_.find(key.low, key);
  return node != nullptr && now < node->entry->expires_at ? node->entry : nullptr;
}

bool EntryShard::wants_alias(const digest::Hash128& key, const digest::Hash128& raw) {
  const sync::MutexLock lock(mutex_);
  const EntryNode* node = index_.find(key.low, key);
  return node != nullptr && node->alias_count < kAliasesPerEntryMax && !node->has_alias(raw);
}

void EntryShard::add_alias(const digest::Hash128& key, std::shared_ptr<Alias> alias) {
  Leaving leaving;
  const sync::MutexLock lock(mutex_);
  const bool fits = make_room(alias->byte_size(), leaving);
  // Only now: making room may have taken this very entry.
  EntryNode* node = index_.find(key.low, key);
  if (fits && node != nullptr && !node->has_alias(alias->raw)) {
    attach(*node, std::move(alias), leaving);
  } else {
    leaving.take(std::move(alias));
  }
}

bool EntryShard::insert(std::unique_ptr<EntryNode> node, std::shared_ptr<Alias> alias) {
  const std::uint64_t needed = node->bytes + (alias != nullptr ? alias->byte_size() : 0);
  for (bool stored = false; !stored;) {
    Leaving leaving;
    const sync::MutexLock lock(mutex_);
    if (needed > budget_) {
      ++counts_.rejected;
      return false;
    }
    if (EntryNode* old = index_.find(node->hash, node->entry->canonical)) {
      release(*old, leaving);
    }
    stored = make_room(needed, leaving);
    if (stored) {
      EntryNode& own = *node.release();
      index_.insert(own);
      policy_->on_insert(own);
      bytes_ += own.bytes;
      ++counts_.entries;
      ++counts_.inserted;
      if (alias != nullptr) {
        attach(own, std::move(alias), leaving);
      }
    }
  }
  return true;
}

void EntryShard::remove(const digest::Hash128& key) {
  Leaving leaving;
  const sync::MutexLock lock(mutex_);
  if (EntryNode* node = index_.find(key.low, key)) {
    release(*node, leaving);
  }
}

std::size_t EntryShard::clear(const std::uint64_t* tenant_hash) {
  std::size_t cleared = 0;
  std::size_t next = 0;
  for (bool more = true; more;) {
    Leaving leaving;
    const sync::MutexLock lock(mutex_);
    const std::size_t end = std::min(next + kBucketsAtOnce, index_.buckets());
    for (; next < end; ++next) {
      for (EntryNode* node : index_.nodes_of(next)) {
        if (tenant_hash == nullptr || node->entry->tenant_hash == *tenant_hash) {
          release(*node, leaving);
          ++cleared;
        }
      }
    }
    more = next < index_.buckets();
  }
  return cleared;
}

void EntryShard::add_to(ports::CacheTierStats& stats) {
  const sync::MutexLock lock(mutex_);
  stats.entries += counts_.entries;
  stats.bytes += bytes_ + sizeof(*this) + index_.overhead_bytes() + policy_->overhead_bytes();
  stats.raw_hits += counts_.raw_hits;
  stats.canonical_hits += counts_.canonical_hits;
  stats.misses += counts_.misses;
  stats.evictions += counts_.evictions;
  stats.expirations += counts_.expirations;
  stats.inserted += counts_.inserted;
  stats.rejected += counts_.rejected;
}

bool EntryShard::make_room(std::uint64_t bytes, Leaving& leaving) {
  for (int evicted = 0; bytes_ + bytes > budget_ && evicted < kEvictionsAtOnce; ++evicted) {
    domain::EvictionNode* victim = policy_->pick_victim();
    if (victim == nullptr) {
      break;
    }
    ++counts_.evictions;
    take_out(static_cast<EntryNode&>(*victim), leaving);
    prefetch_next_victims();
  }
  return bytes_ + bytes <= budget_;
}

// Evicted entries were last touched long ago: their memory takes longer to arrive than all the rest
// of an insertion takes. So it is asked for insertions ahead, in the order in which one thing leads
// to the next: the node of the third to go, what the second's node points at, and what the first's
// entry does. A body is fetched for what will be written in its place.
void EntryShard::prefetch_next_victims() const {
  const auto* const first = static_cast<const EntryNode*>(policy_->next_candidate());
  const auto* const second = first == nullptr ? nullptr : static_cast<EntryNode*>(first->newer);
  if (second == nullptr) {
    return;
  }
  prefetch_lines(second->newer, sizeof(EntryNode));
  prefetch_lines(second->entry.get(), sizeof(domain::CacheEntry));
  index_.prefetch(second->hash);
  policy_->prefetch(second->fingerprint);
  for (const auto& alias : std::span(second->aliases).first(second->alias_count)) {
    prefetch_lines(alias.get(), sizeof(Alias));
  }
  for (const auto& alias : std::span(first->aliases).first(first->alias_count)) {
    aliases_.of(alias->raw).prefetch(alias->raw);
    prefetch_text(alias->request.proof.memory());
  }
  prefetch_text(first->entry->body);
}

// The policy has let go of the node already.
void EntryShard::take_out(EntryNode& node, Leaving& leaving) {
  index_.remove(node);
  for (const auto& alias : std::span(node.aliases).first(node.alias_count)) {
    aliases_.of(alias->raw).remove(*alias);
  }
  bytes_ -= node.bytes;
  --counts_.entries;
  leaving.take(node);
}

void EntryShard::release(EntryNode& node, Leaving& leaving) {
  policy_->on_remove(node);
  take_out(node, leaving);
}

void EntryShard::attach(EntryNode& node, std::shared_ptr<Alias> alias, Leaving& leaving) {
  if (node.alias_count == kAliasesPerEntryMax) {
    leaving.take(std::move(alias));
    return;
  }
  const std::size_t size = alias->byte_size();
  node.aliases[node.alias_count++] = alias;
  node.bytes += size;
  bytes_ += size;
  AliasTable& table = aliases_.of(alias->raw);
  leaving.take(table.insert(std::move(alias)));
}

}  // namespace penstock::store

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/resolve/resolved_policy.h"

namespace penstock::domain {

// What a policy keeps of an entry, inside the entry: no allocation, O(1) removal. The members
// belong to the policy from on_insert() until the node leaves it.
struct EvictionNode {
  std::uint64_t fingerprint = 0;  // of the key; to know an evicted key again
  std::uint64_t weight = 0;       // bytes; must not change while the policy holds the node

  EvictionNode* newer = nullptr;
  EvictionNode* older = nullptr;
  std::uint8_t frequency = 0;
  bool in_main = false;
};

// Decides which entry makes room. The cache keeps the entries and counts the bytes; the policy only
// orders. One policy per shard.
//
// Threads: not safe; the shard's mutex guards it.
class EvictionPolicy {
 public:
  EvictionPolicy() = default;
  virtual ~EvictionPolicy() = default;
  EvictionPolicy(const EvictionPolicy&) = delete;
  EvictionPolicy& operator=(const EvictionPolicy&) = delete;

  // REQUIRES: the policy does not hold `node`; it stays where it is until it leaves the policy.
  virtual void on_insert(EvictionNode& node) = 0;
  virtual void on_hit(EvictionNode& node) = 0;

  // Takes the entry that should go out of the policy, and remembers it where the policy does such a
  // thing. Null: it holds none. Constant time, amortised and at worst.
  virtual EvictionNode* pick_victim() = 0;

  // Where the next pick_victim() will look first; null: nowhere. It need not go.
  [[nodiscard]] virtual const EvictionNode* next_candidate() const = 0;

  // Brings near what on_insert() or pick_victim() of an entry with this fingerprint will touch. Any
  // thread, without the mutex.
  virtual void prefetch(std::uint64_t /*fingerprint*/) const {}

  // The entry goes for another reason (expired, replaced, cleared).
  virtual void on_remove(EvictionNode& node) = 0;

  // Memory the policy holds beside the nodes; constant.
  [[nodiscard]] virtual std::size_t overhead_bytes() const = 0;
};

// `capacity_bytes`: of the shard; sizes the queues and what is remembered of evicted entries.
[[nodiscard]] std::unique_ptr<EvictionPolicy> make_eviction_policy(resolve::Eviction kind,
                                                                   std::uint64_t capacity_bytes);

}  // namespace penstock::domain

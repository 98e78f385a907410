#pragma once

#include "sidecar/domain/eviction/eviction_policy.h"
#include "sidecar/domain/eviction/eviction_queue.h"

namespace penstock::domain {

// Least recently used goes first.
class Lru final : public EvictionPolicy {
 public:
  void on_insert(EvictionNode& node) override { queue_.push_newest(node); }

  void on_hit(EvictionNode& node) override {
    queue_.remove(node);
    queue_.push_newest(node);
  }

  EvictionNode* pick_victim() override {
    EvictionNode* victim = queue_.oldest();
    if (victim != nullptr) {
      queue_.remove(*victim);
    }
    return victim;
  }

  [[nodiscard]] const EvictionNode* next_candidate() const override { return queue_.oldest(); }

  void on_remove(EvictionNode& node) override { queue_.remove(node); }

  [[nodiscard]] std::size_t overhead_bytes() const override { return sizeof(*this); }

 private:
  EvictionQueue queue_;
};

}  // namespace penstock::domain

#pragma once

#include <cstddef>
#include <cstdint>

#include "sidecar/domain/eviction/eviction_policy.h"

namespace penstock::domain {

// A queue of nodes by age, linked through the nodes themselves. Every call takes constant time.
class EvictionQueue {
 public:
  void push_newest(EvictionNode& node) {
    node.newer = nullptr;
    node.older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = &node;
    newest_ = &node;
    weight_ += node.weight;
    ++size_;
  }

  // REQUIRES: `node` is in this queue.
  void remove(EvictionNode& node) {
    (node.newer != nullptr ? node.newer->older : newest_) = node.older;
    (node.older != nullptr ? node.older->newer : oldest_) = node.newer;
    node.newer = nullptr;
    node.older = nullptr;
    weight_ -= node.weight;
    --size_;
  }

  [[nodiscard]] EvictionNode* oldest() const { return oldest_; }
  [[nodiscard]] std::uint64_t weight() const { return weight_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  EvictionNode* newest_ = nullptr;
  EvictionNode* oldest_ = nullptr;
  std::uint64_t weight_ = 0;
  std::size_t size_ = 0;
};

}  // namespace penstock::domain

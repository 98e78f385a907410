#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock::store {

// A hash table whose nodes carry the links and whose number of buckets never changes: no call
// allocates, frees or rehashes, so that each is short enough for a mutex on the request path. More
// entries than buckets only lengthen the chains.
//
// Node: a member `Node* chain`, a member `std::uint64_t hash` (uniform), a method
// `bool has_key(const Key&)`. The table does not own its nodes.
template <class Node>
class ChainedIndex {
 public:
  explicit ChainedIndex(std::size_t buckets)
      : buckets_(std::bit_ceil(std::max<std::size_t>(buckets, 16))) {}

  template <class Key>
  [[nodiscard]] Node* find(std::uint64_t hash, const Key& key) const {
    Node* node = buckets_[slot(hash)];
    while (node != nullptr && !node->has_key(key)) {
      node = node->chain;
    }
    return node;
  }

  void insert(Node& node) {
    Node*& head = buckets_[slot(node.hash)];
    node.chain = head;
    head = &node;
  }

  // REQUIRES: `node` is in the table.
  void remove(Node& node) {
    Node** link = &buckets_[slot(node.hash)];
    while (*link != &node) {
      link = &(*link)->chain;
    }
    *link = node.chain;
    node.chain = nullptr;
  }

  // For walks that let go of the mutex in between: buckets are stable, nodes move only in and out.
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }
  [[nodiscard]] Node* bucket(std::size_t index) const { return buckets_[index]; }

  [[nodiscard]] std::size_t overhead_bytes() const { return buckets_.size() * sizeof(Node*); }

 private:
  [[nodiscard]] std::size_t slot(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & (buckets_.size() - 1);
  }

  std::vector<Node*> buckets_;
};

}  // namespace penstock::store

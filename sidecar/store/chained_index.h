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
// Most look-ups of a cache that is asked new things find nothing. A byte a bucket tells most of
// them so: it has a bit for each of the chain's hashes, so that neither bucket nor node is fetched
// from memory for nothing.
//
// Node: a member `Node* chain`, a member `std::uint64_t hash` (uniform), a method
// `bool has_key(const Key&)`. The table does not own its nodes.
template <class Node>
class ChainedIndex {
 public:
  explicit ChainedIndex(std::size_t buckets)
      : buckets_(std::bit_ceil(std::max<std::size_t>(buckets, 16))), seen_(buckets_.size()) {}

  template <class Key>
  [[nodiscard]] Node* find(std::uint64_t hash, const Key& key) const {
    if ((seen_[slot(hash)] & mark(hash)) == 0) {
      return nullptr;
    }
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
    seen_[slot(node.hash)] |= mark(node.hash);
  }

  // REQUIRES: `node` is in the table.
  void remove(Node& node) {
    Node** link = &buckets_[slot(node.hash)];
    while (*link != &node) {
      link = &(*link)->chain;
    }
    *link = node.chain;
    node.chain = nullptr;
    std::uint8_t seen = 0;
    for (const Node* left = buckets_[slot(node.hash)]; left != nullptr; left = left->chain) {
      seen |= mark(left->hash);
    }
    seen_[slot(node.hash)] = seen;
  }

  // Brings near what a call with this hash will touch first.
  void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&buckets_[slot(hash)], 1);
    __builtin_prefetch(&seen_[slot(hash)], 1);
  }

  // For walks that let go of the mutex in between: buckets are stable, nodes move only in and out.
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }
  [[nodiscard]] Node* bucket(std::size_t index) const { return buckets_[index]; }

  [[nodiscard]] std::size_t overhead_bytes() const { return buckets_.size() * (sizeof(Node*) + 1); }

 private:
  [[nodiscard]] std::size_t slot(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & (buckets_.size() - 1);
  }

  // By bits that do not choose the bucket, whatever the number of buckets.
  static std::uint8_t mark(std::uint64_t hash) {
    return static_cast<std::uint8_t>(1U << (hash >> 61U));
  }

  std::vector<Node*> buckets_;
  std::vector<std::uint8_t> seen_;
};

}  // namespace penstock::store

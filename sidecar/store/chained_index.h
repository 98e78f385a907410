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
// Most look-ups of a cache that is asked new things find nothing. Two bytes a bucket tell most of
// them so: they count the chain's hashes by three bits of each, so that neither bucket nor node is
// fetched from memory for nothing. And what leaves such a cache is the oldest of its chain: it
// knows what points at it, so that no younger node is fetched either.
//
// Node: members `Node* chain` and `Node** link`, the table's; a member `std::uint64_t hash`
// (uniform), a method `bool has_key(const Key&)`. The table does not own its nodes.
template <class Node>
class ChainedIndex {
 public:
  explicit ChainedIndex(std::size_t buckets)
      : buckets_(std::bit_ceil(std::max<std::size_t>(buckets, 16))), seen_(buckets_.size()) {}

  template <class Key>
  [[nodiscard]] Node* find(std::uint64_t hash, const Key& key) const {
    if (count(seen_[slot(hash)], hash) == 0) {
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
    node.link = &head;
    if (head != nullptr) {
      head->link = &node.chain;
    }
    head = &node;
    std::uint16_t& seen = seen_[slot(node.hash)];
    if (count(seen, node.hash) < kCountMax) {
      seen = static_cast<std::uint16_t>(seen + one(node.hash));
    }
  }

  // REQUIRES: `node` is in the table.
  void remove(Node& node) {
    *node.link = node.chain;
    if (node.chain != nullptr) {
      node.chain->link = node.link;
    }
    node.chain = nullptr;
    node.link = nullptr;
    std::uint16_t& seen = seen_[slot(node.hash)];
    if (buckets_[slot(node.hash)] == nullptr) {
      seen = 0;
    } else if (count(seen, node.hash) < kCountMax) {
      seen = static_cast<std::uint16_t>(seen - one(node.hash));
    }
  }

  // Brings near what a call with this hash will touch first.
  void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&buckets_[slot(hash)], 1);
    __builtin_prefetch(&seen_[slot(hash)], 1);
  }

  // For walks that let go of the mutex in between: buckets are stable, nodes move only in and out.
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }
  [[nodiscard]] Node* bucket(std::size_t index) const { return buckets_[index]; }

  [[nodiscard]] std::size_t overhead_bytes() const {
    return buckets_.size() * (sizeof(Node*) + sizeof(std::uint16_t));
  }

 private:
  [[nodiscard]] std::size_t slot(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & (buckets_.size() - 1);
  }

  // Eight counts of two bits, chosen by bits that do not choose the bucket. One that is full says
  // no more than "some", until the bucket is empty. So where chains are long a filter tells less as
  // it ages: after 30 turnovers of a cache 23 % of look-ups in vain pass it at two entries a bucket
  // (22 % if counts were exact), 55 % at four (39 %), 99 % at eight (63 %). They find no less for
  // it. To count a full one anew as its node leaves would fetch the whole chain from memory: about
  // as many nodes as it spares.
  static constexpr unsigned kCountMax = 3;
  static unsigned place(std::uint64_t hash) { return static_cast<unsigned>(hash >> 61U) * 2; }
  static unsigned count(std::uint16_t seen, std::uint64_t hash) {
    return (unsigned{seen} >> place(hash)) & kCountMax;
  }
  static unsigned one(std::uint64_t hash) { return 1U << place(hash); }

  std::vector<Node*> buckets_;
  std::vector<std::uint16_t> seen_;
};

}  // namespace penstock::store

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock::store {

// A hash table whose size never changes: no call on the request path allocates, frees or rehashes,
// so that each is short enough for a mutex there.
//
// A cache that is asked new things looks up in vain, inserts, and removes what is oldest: each of
// these at a place that nobody has touched for a while, which takes longer to arrive from memory
// than all else does. So a bucket is one cache line: it holds kSlots nodes with 16 bits of each
// one's hash, and whoever looks up in vain, inserts or removes touches that line alone, and no
// other node. What does not fit hangs in a chain; a filter tells most look-ups that nothing in it
// is meant, and only who leaves it walks it. The filter is emptied with the chain, and not before:
// where buckets hold many more nodes than slots, it ages, and look-ups in vain walk the chain. They
// find no less for it.
//
// Node: a member `Node* chain`, the table's; a member `std::uint64_t hash` (uniform), a method
// `bool has_key(const Key&)`. The table does not own its nodes.
template <class Node>
class LineIndex {
 public:
  static constexpr std::size_t kSlots = 5;

  // Meant for `nodes`: one in fifty buckets has a chain, or one in five, by how far that is below
  // the next power of two. For more, chains are longer.
  explicit LineIndex(std::size_t nodes)
      : lines_(std::bit_ceil(std::max<std::size_t>(nodes / kMeant, 4))) {}

  template <class Key>
  [[nodiscard]] Node* find(std::uint64_t hash, const Key& key) const {
    const Line& line = line_of(hash);
    for (std::size_t i = 0; i < kSlots; ++i) {
      if (line.tags[i] == tag_of(hash) && line.nodes[i] != nullptr && line.nodes[i]->has_key(key)) {
        return line.nodes[i];
      }
    }
    if ((line.filter & bit_of(hash)) == 0) {
      return nullptr;
    }
    Node* node = line.chain;
    while (node != nullptr && !node->has_key(key)) {
      node = node->chain;
    }
    return node;
  }

  // REQUIRES: `node` is in no table.
  void insert(Node& node) {
    Line& line = line_of(node.hash);
    if (const auto slot = std::ranges::find(line.nodes, nullptr); slot != line.nodes.end()) {
      *slot = &node;
      line.tags[static_cast<std::size_t>(slot - line.nodes.begin())] = tag_of(node.hash);
      return;
    }
    node.chain = line.chain;
    line.chain = &node;
    line.filter |= bit_of(node.hash);
  }

  // REQUIRES: `node` is in the table.
  void remove(Node& node) {
    Line& line = line_of(node.hash);
    if (const auto slot = std::ranges::find(line.nodes, &node); slot != line.nodes.end()) {
      *slot = nullptr;
      return;
    }
    Node** link = &line.chain;
    while (*link != &node) {
      link = &(*link)->chain;
    }
    *link = node.chain;
    node.chain = nullptr;
    if (line.chain == nullptr) {
      line.filter = 0;
    }
  }

  // Brings near what a call with this hash will touch.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&line_of(hash), 1); }

  // For walks that let go of the mutex in between: a node stays in its bucket.
  [[nodiscard]] std::size_t buckets() const { return lines_.size(); }
  // A copy, so that any of them may be removed meanwhile; the one call that allocates.
  [[nodiscard]] std::vector<Node*> nodes_of(std::size_t bucket) const {
    std::vector<Node*> nodes(lines_[bucket].nodes.begin(), lines_[bucket].nodes.end());
    std::erase(nodes, nullptr);
    for (Node* node = lines_[bucket].chain; node != nullptr; node = node->chain) {
      nodes.push_back(node);
    }
    return nodes;
  }

  [[nodiscard]] std::size_t overhead_bytes() const { return lines_.size() * sizeof(Line); }

 private:
  // Nodes a bucket, at most, of as many as the table is meant for; at least half as many.
  static constexpr std::size_t kMeant = 4;

  struct alignas(64) Line {
    std::array<Node*, kSlots> nodes{};
    Node* chain = nullptr;
    std::array<std::uint16_t, kSlots> tags{};
    std::uint32_t filter = 0;  // a bit for each hash in the chain
  };
  static_assert(sizeof(Line) == 64);

  // The lowest bits choose the bucket, others the tag and the bit.
  static std::uint16_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint16_t>(hash >> 48U);
  }
  static std::uint32_t bit_of(std::uint64_t hash) {
    constexpr unsigned kBits = 31;
    return 1U << ((hash >> 43U) & kBits);
  }
  [[nodiscard]] const Line& line_of(std::uint64_t hash) const {
    return lines_[static_cast<std::size_t>(hash) & (lines_.size() - 1)];
  }
  [[nodiscard]] Line& line_of(std::uint64_t hash) {
    return lines_[static_cast<std::size_t>(hash) & (lines_.size() - 1)];
  }

  std::vector<Line> lines_;
};

}  // namespace penstock::store

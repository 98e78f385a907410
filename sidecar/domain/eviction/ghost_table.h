#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock::domain {

// Remembers the fingerprints of the entries that were evicted last, in memory of fixed size.
//
// A table of buckets of eight: one cache line a look, no allocation after the constructor. A
// fingerprint counts as remembered while at most `window` others came after it; in a full bucket
// the oldest makes room, so one may be forgotten early. Bits 0 to 31 of a fingerprint are compared,
// so about one unknown key in 2^29 counts as known: it enters the wrong queue, nothing else.
class GhostTable {
 public:
  // Room for at least `entries` fingerprints, rounded up to a power of two, at least one bucket.
  explicit GhostTable(std::size_t entries);

  void remember(std::uint64_t fingerprint);
  // Whether it is remembered; forgets it.
  bool recall(std::uint64_t fingerprint, std::size_t window);

  // Brings near what remember() or recall() of this fingerprint will touch. Any thread, any time.
  void prefetch(std::uint64_t fingerprint) const { __builtin_prefetch(&bucket_of(fingerprint), 1); }

  [[nodiscard]] std::size_t overhead_bytes() const { return buckets_.size() * sizeof(Bucket); }

 private:
  struct Ghost {
    std::uint32_t fingerprint = 0;
    std::uint32_t sequence = 0;  // 0: empty
  };
  struct alignas(64) Bucket {
    std::array<Ghost, 8> ghosts{};
  };

  [[nodiscard]] const Bucket& bucket_of(std::uint64_t fingerprint) const {
    return buckets_[(fingerprint >> 32) & (buckets_.size() - 1)];
  }
  std::array<Ghost, 8>& ghosts_of(std::uint64_t fingerprint) {
    return buckets_[(fingerprint >> 32) & (buckets_.size() - 1)].ghosts;
  }
  // How many were remembered after `ghost`.
  [[nodiscard]] std::uint32_t age(const Ghost& ghost) const { return sequence_ - ghost.sequence; }

  std::vector<Bucket> buckets_;
  std::uint32_t sequence_ = 0;
};

}  // namespace penstock::domain

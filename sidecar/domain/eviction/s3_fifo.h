#pragma once

#include "sidecar/domain/eviction/eviction_policy.h"
#include "sidecar/domain/eviction/eviction_queue.h"
#include "sidecar/domain/eviction/ghost_table.h"

namespace penstock::domain {

// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023), by bytes.
//
// A small queue with a tenth of the bytes takes newcomers; what was hit there moves on to the main
// queue, the rest leaves and its fingerprint is remembered, for as many evictions as there are
// entries. Who comes back while remembered goes to the main queue at once. The main queue gives
// each entry one more round per hit, at most three.
class S3Fifo final : public EvictionPolicy {
 public:
  static constexpr std::uint8_t kFrequencyMax = 3;
  // How many entries one pick_victim() moves at most; then the oldest goes whatever its hits. Keeps
  // the worst case short where everything was hit three times.
  static constexpr int kMovesMax = 32;

  explicit S3Fifo(std::uint64_t capacity_bytes);

  void on_insert(EvictionNode& node) override;
  void on_hit(EvictionNode& node) override;
  EvictionNode* pick_victim() override;
  [[nodiscard]] const EvictionNode* next_candidate() const override {
    return takes_from_small() ? small_.oldest() : main_.oldest();
  }
  void prefetch(std::uint64_t fingerprint) const override { ghosts_.prefetch(fingerprint); }
  void on_remove(EvictionNode& node) override;
  [[nodiscard]] std::size_t overhead_bytes() const override;

 private:
  [[nodiscard]] bool takes_from_small() const {
    return small_.weight() > small_target_ || main_.size() == 0;
  }
  EvictionQueue& queue_of(const EvictionNode& node) { return node.in_main ? main_ : small_; }

  const std::uint64_t small_target_;
  EvictionQueue small_;
  EvictionQueue main_;
  GhostTable ghosts_;
};

}  // namespace penstock::domain

#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/telemetry/series.h"

namespace penstock::telemetry {

// One thread's part of every counter and histogram.
//
// Threads: one writer, the thread that asked for the shard; the registry reads at any time. Writing
// is wait-free (a relaxed load and store, no locked instruction) because nobody else writes these
// cells. Cells:   a counter has one, a histogram one per bucket and one for the sum. They live in
// blocks that the registry
//          allocates before it hands out the first Series in them, so that writers never allocate.
class Shard {
 public:
  Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // For counters; wraps at 2^64. On a level (see Registry::level) the total of all shards is what
  // counts.
  void add(Series series, std::uint64_t n = 1) noexcept { bump(*cells_at(series.cell_), n); }
  // For levels only: a counter never goes down.
  void sub(Series series, std::uint64_t n = 1) noexcept { bump(*cells_at(series.cell_), 0 - n); }

  // What has no cell is not counted.
  void add(Cells cells, std::uint32_t index, std::uint64_t n = 1) noexcept {
    if (index < cells.count_) {
      bump(cells_at(cells.first_)[index], n);
    }
  }

  // For histograms. A value on a bound falls into that bucket ("le"); NaN is ignored.
  void observe(Series series, double value) noexcept {
    if (series.bounds_ == nullptr || value != value) {
      return;
    }
    std::atomic<std::uint64_t>* cells = cells_at(series.cell_);
    // Comparing with every bound costs less than searching: no branch to mispredict, and it
    // vectorises.
    std::uint64_t bucket = 0;
    for (std::uint32_t i = 0; i < series.bounds_count_; ++i) {
      bucket += value > series.bounds_[i] ? 1U : 0U;
    }
    bump(cells[bucket], 1);
    std::atomic<std::uint64_t>& sum = cells[series.bounds_count_ + 1];
    const double sum_so_far = std::bit_cast<double>(sum.load(std::memory_order_relaxed));
    sum.store(std::bit_cast<std::uint64_t>(sum_so_far + value), std::memory_order_relaxed);
  }

 private:
  friend class Registry;
  static constexpr std::uint32_t kCellsPerBlock = 1024;
  static constexpr std::uint32_t kBlocksMax = 256;

  struct alignas(64) Block {
    std::array<std::atomic<std::uint64_t>, kCellsPerBlock> cells{};
  };

  static void bump(std::atomic<std::uint64_t>& cell, std::uint64_t n) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  [[nodiscard]] std::atomic<std::uint64_t>* cells_at(std::uint32_t cell) const noexcept {
    Block* block = blocks_[cell / kCellsPerBlock].load(std::memory_order_acquire);
    return &block->cells[cell % kCellsPerBlock];
  }

  // Called by the registry under its mutex only, for the next block in order.
  void append_block();

  std::array<std::atomic<Block*>, kBlocksMax> blocks_{};
  std::array<std::unique_ptr<Block>, kBlocksMax> owned_;
  std::uint32_t block_count_ = 0;
};

}  // namespace penstock::telemetry

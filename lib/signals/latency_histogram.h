#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace penstock::signals {

// The buckets of all latency histograms, the same in every sidecar and release, so that histograms
// of any pods add up.
//
// Units:  microseconds. Below 8 µs a bucket holds one value; from there on every power of two is
// cut
//         into eight buckets of equal width.
// Error:  a value is at most 1/16 (6.25 %) away from the middle of its bucket.
// Range:  what is longer than 2^32 µs (71 minutes) counts into the last bucket.
inline constexpr std::uint32_t kLatencyBuckets = 240;

// Which bucket holds `micros`.
constexpr std::uint32_t latency_bucket(std::uint64_t micros) {
  constexpr int kStepBits = 3;
  constexpr std::uint64_t kSteps = 1U << kStepBits;  // buckets a power of two
  if (micros < kSteps) {
    return static_cast<std::uint32_t>(micros);
  }
  const int shift = static_cast<int>(std::bit_width(micros)) - 1 - kStepBits;
  const std::uint64_t octave = (static_cast<std::uint64_t>(shift) + 1) * kSteps;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(octave + ((micros >> shift) & (kSteps - 1)), kLatencyBuckets - 1));
}

// The smallest value of a bucket; that of kLatencyBuckets ends the last one. REQUIRES: bucket <=
// kLatencyBuckets.
constexpr std::uint64_t latency_bucket_begin(std::uint32_t bucket) {
  constexpr std::uint32_t kSteps = 8;
  return bucket < kSteps ? bucket
                         : std::uint64_t{kSteps + bucket % kSteps} << (bucket / kSteps - 1);
}

// How long something took, how often. A plain value.
//
// Threads: not safe.
struct LatencyHistogram {
  std::array<std::uint64_t, kLatencyBuckets> counts{};
  std::uint64_t sum_us = 0;

  void add(std::uint64_t micros) {
    ++counts[latency_bucket(micros)];
    sum_us += micros;
  }

  // As if everything that `other` saw had been seen here.
  void merge(const LatencyHistogram& other);

  // What came since `earlier` was taken of the same process; nullopt where something went down, so
  // that it was not.
  [[nodiscard]] std::optional<LatencyHistogram> since(const LatencyHistogram& earlier) const;

  [[nodiscard]] std::uint64_t count() const;

  // The value in µs below which the share `q` (0 … 1) lies: the middle of its bucket. nullopt
  // without values.
  [[nodiscard]] std::optional<double> quantile(double q) const;

  bool operator==(const LatencyHistogram&) const = default;
};

}  // namespace penstock::signals

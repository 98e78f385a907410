#include "lib/signals/latency_histogram.h"

#include <cmath>
#include <numeric>

namespace penstock::signals {

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] += other.counts[i];
  }
  sum_us += other.sum_us;
}

std::optional<LatencyHistogram> LatencyHistogram::since(const LatencyHistogram& earlier) const {
  if (sum_us < earlier.sum_us) {
    return std::nullopt;
  }
  LatencyHistogram between{.sum_us = sum_us - earlier.sum_us};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < earlier.counts[i]) {
      return std::nullopt;
    }
    between.counts[i] = counts[i] - earlier.counts[i];
  }
  return between;
}

std::uint64_t LatencyHistogram::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::optional<double> LatencyHistogram::quantile(double q) const {
  const std::uint64_t all = count();
  if (all == 0) {
    return std::nullopt;
  }
  // The nearest rank: the smallest value that at least this many do not exceed.
  const double share = std::clamp(q, 0.0, 1.0) * static_cast<double>(all);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share)));
  std::uint64_t seen = 0;
  std::uint32_t bucket = 0;
  for (; bucket + 1 < kLatencyBuckets; ++bucket) {
    seen += counts[bucket];
    if (seen >= rank) {
      break;
    }
  }
  const auto first = static_cast<double>(latency_bucket_begin(bucket));
  const auto last = static_cast<double>(latency_bucket_begin(bucket + 1) - 1);
  return (first + last) / 2;
}

}  // namespace penstock::signals

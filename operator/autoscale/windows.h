#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// What a quantity was over the last seconds or minutes, in buckets of time (as Knative's
// TimedFloat64Buckets, with two differences). The quantity is a *total over all replicas*: a mean
// per pod would shrink a fleet each time it grows. And a bucket that nobody filled is missing, not
// zero: it neither lowers a mean nor counts as data.
//
// Units:   the caller's; any finite number. One bucket is the mean of its samples.
// Time:    a sample may be late by up to the span; a sample older than that is dropped.
// Memory:  one bucket for each `bucket` of `span`, at most kBucketsMax, allocated once.
// Threads: not safe.
class TotalsWindow {
 public:
  static constexpr std::size_t kBucketsMax = 7'200;  // two hours of seconds

  // REQUIRES: 0 < bucket <= span. A span of more than kBucketsMax buckets is cut to that.
  explicit TotalsWindow(milliseconds span, milliseconds bucket = milliseconds(1'000));

  // False: dropped, because it is not finite or too old.
  bool add(Time now, double total);

  // Each looks at the buckets of (now - window, now], counted in whole buckets; a window beyond the
  // span means the span. nullopt: no bucket in the window holds a sample.
  // Of the mean: or the oldest that does begins less than the share `seen` (0 … 1) of it ago.
  [[nodiscard]] std::optional<double> mean(Time now, milliseconds window, double seen = 0) const;
  // Of buckets with at least `samples` of them: fewer may be the mean of a moment.
  [[nodiscard]] std::optional<double> max(Time now, milliseconds window,
                                          std::int64_t samples = 1) const;
  // The least value that at least the share `q` (0 … 1) of the filled buckets do not exceed.
  [[nodiscard]] std::optional<double> quantile(Time now, milliseconds window, double q) const;

  // The share (0 … 1) of the window's buckets that hold a sample.
  [[nodiscard]] double coverage(Time now, milliseconds window) const;

 private:
  struct Bucket {
    std::int64_t index = -1;  // of its start, in buckets since the epoch; -1: never used
    double sum = 0;
    std::int64_t samples = 0;
  };

  [[nodiscard]] std::int64_t index_of(Time time) const;
  [[nodiscard]] std::int64_t count_in(milliseconds window) const;
  [[nodiscard]] std::size_t slot_of(std::int64_t index) const;
  // Buckets with at least `samples` of them.
  template <class Visit>
  void visit(Time now, milliseconds window, const Visit& each, std::int64_t samples = 1) const;

  milliseconds bucket_;
  std::vector<Bucket> buckets_;
  std::int64_t newest_ = -1;
};

// The largest value of each bucket of time, over a sliding span; the same rules as above.
//
// Memory:  one bucket for each `bucket` of `span`, at most TotalsWindow::kBucketsMax.
// Threads: not safe.
class MaximaWindow {
 public:
  MaximaWindow(milliseconds span, milliseconds bucket);

  void add(Time now, double value);
  // Of the buckets of (now - window, now]; nullopt: none of them holds a value.
  [[nodiscard]] std::optional<double> max(Time now, milliseconds window) const;

 private:
  struct Bucket {
    std::int64_t index = -1;
    double largest = 0;
  };
  milliseconds bucket_;
  std::vector<Bucket> buckets_;
};

}  // namespace penstock::autoscale

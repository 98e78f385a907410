#pragma once

#include <deque>
#include <utility>

#include "operator/autoscale/histogram.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// The latencies of the last moments, as one histogram.
// Memory:  one histogram for each time of the span at which something came.
// Threads: not safe.
class HistogramWindow {
 public:
  explicit HistogramWindow(milliseconds span) : span_(span) {}

  // What came since the call before. Times do not go back. One of other bounds than those that are
  // there begins the window anew.
  void add(Time now, const Histogram& came);

  // Of (now - span, now] at the last add().
  [[nodiscard]] Histogram total() const;

 private:
  milliseconds span_;
  std::deque<std::pair<Time, Histogram>> seen_;
};

}  // namespace penstock::autoscale

#include "operator/autoscale/histogram_window.h"

namespace penstock::autoscale {

void HistogramWindow::add(Time now, const Histogram& came) {
  while (!seen_.empty() && seen_.front().first <= now - span_) {
    seen_.pop_front();
  }
  if (came.count() == 0) {
    return;
  }
  if (!seen_.empty() && seen_.back().second.bounds_s != came.bounds_s) {
    seen_.clear();
  }
  seen_.emplace_back(now, came);
}

Histogram HistogramWindow::total() const {
  Histogram result;
  for (const auto& [at, came] : seen_) {
    merge(result, came);
  }
  return result;
}

}  // namespace penstock::autoscale

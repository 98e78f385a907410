#include "operator/autoscale/sliding_extreme.h"

#include <algorithm>

namespace penstock::autoscale {
namespace {

bool beats(Extreme extreme, int later, int earlier) {
  return extreme == Extreme::kLargest ? later >= earlier : later <= earlier;
}

}  // namespace

void push(Extreme extreme, std::vector<TimedCount>& counts, Time now, int replicas) {
  while (!counts.empty() && beats(extreme, replicas, counts.back().replicas)) {
    counts.pop_back();
  }
  if (counts.size() == kCountsMax) {
    counts[1].replicas = counts[0].replicas;
    counts.erase(counts.begin());
  }
  counts.push_back({ms_of(now), replicas});
}

int extreme_of(Extreme extreme, std::vector<TimedCount>& counts, Time now, milliseconds window,
               int current) {
  const auto kept = std::ranges::find_if(
      counts, [&](const TimedCount& count) { return now - time_of(count.at_ms) < window; });
  counts.erase(counts.begin(), kept);
  if (counts.empty()) {
    return current;
  }
  return beats(extreme, current, counts.front().replicas) ? current : counts.front().replicas;
}

}  // namespace penstock::autoscale

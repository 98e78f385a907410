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

void forget_older(std::vector<TimedCount>& counts, Time now, milliseconds window) {
  const auto kept = std::ranges::find_if(
      counts, [&](const TimedCount& count) { return now - time_of(count.at_ms) < window; });
  counts.erase(counts.begin(), kept);
}

int extreme_of(Extreme extreme, const std::vector<TimedCount>& counts, int current) {
  if (counts.empty() || beats(extreme, current, counts.front().replicas)) {
    return current;
  }
  return counts.front().replicas;
}

}  // namespace penstock::autoscale

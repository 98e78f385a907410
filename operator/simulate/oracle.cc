#include "operator/simulate/oracle.h"

#include <algorithm>
#include <cstddef>
#include <deque>

#include "operator/autoscale/replica_count.h"

namespace penstock::simulate {

int Oracle::replicas(const autoscale::Sight& sight) {
  const auto second = std::chrono::floor<std::chrono::seconds>(sight.now - begin_).count();
  if (needed_.empty() || second < 0) {
    return sight.replicas;
  }
  return needed_[std::min(static_cast<std::size_t>(second), needed_.size() - 1)];
}

std::vector<int> oracle_replicas(const std::vector<double>& busy, double utilization, int smooth_s,
                                 int lead_s) {
  const auto count = static_cast<std::ptrdiff_t>(busy.size());
  std::vector<int> needed(busy.size());
  double sum = 0;
  const std::ptrdiff_t half = smooth_s / 2;
  for (std::ptrdiff_t i = -half; i < count; ++i) {
    if (i + half < count) {
      sum += busy[static_cast<std::size_t>(i + half)];
    }
    if (i - half - 1 >= 0) {
      sum -= busy[static_cast<std::size_t>(i - half - 1)];
    }
    if (i >= 0) {
      const auto window = std::min(count, i + half + 1) - std::max<std::ptrdiff_t>(0, i - half);
      needed[static_cast<std::size_t>(i)] =
          std::max(1, autoscale::replicas_for(sum / static_cast<double>(window), utilization));
    }
  }
  // From the end: the candidates for the largest of the next seconds, the nearest one first.
  std::deque<std::ptrdiff_t> largest;
  std::vector<int> result(busy.size());
  for (std::ptrdiff_t i = count - 1; i >= 0; --i) {
    const auto at = [&](std::ptrdiff_t index) { return needed[static_cast<std::size_t>(index)]; };
    while (!largest.empty() && at(largest.front()) <= at(i)) {
      largest.pop_front();
    }
    largest.push_front(i);
    while (largest.back() > i + lead_s) {
      largest.pop_back();
    }
    result[static_cast<std::size_t>(i)] = at(largest.back());
  }
  return result;
}

}  // namespace penstock::simulate

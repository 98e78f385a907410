#include "operator/autoscale/histogram.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>

namespace penstock::autoscale {

bool Histogram::valid() const {
  return !bounds_s.empty() && counts.size() == bounds_s.size() + 1 &&
         std::ranges::is_sorted(bounds_s, std::less_equal<>{});
}

std::uint64_t Histogram::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::optional<double> Histogram::mean_s() const {
  const std::uint64_t all = count();
  return all > 0 ? std::optional(sum_s / static_cast<double>(all)) : std::nullopt;
}

std::optional<double> Histogram::quantile_s(double q) const {
  const auto all = static_cast<double>(count());
  if (all <= 0 || !valid()) {
    return std::nullopt;
  }
  const double rank = std::clamp(q, 0.0, 1.0) * all;
  double below = 0;
  for (std::size_t i = 0; i < bounds_s.size(); ++i) {
    const auto here = static_cast<double>(counts[i]);
    if (below + here >= rank && here > 0) {
      const double start = i > 0 ? bounds_s[i - 1] : 0;
      return start + (bounds_s[i] - start) * (rank - below) / here;
    }
    below += here;
  }
  return bounds_s.back();
}

bool merge(Histogram& into, const Histogram& other) {
  if (!other.valid()) {
    return false;
  }
  if (into.counts.empty()) {
    into = other;
    return true;
  }
  if (into.bounds_s != other.bounds_s) {
    return false;
  }
  std::ranges::transform(into.counts, other.counts, into.counts.begin(), std::plus<>{});
  into.sum_s += other.sum_s;
  return true;
}

}  // namespace penstock::autoscale

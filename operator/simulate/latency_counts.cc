#include "operator/simulate/latency_counts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace penstock::simulate {
namespace {

constexpr double kGrowth = 1.02;
constexpr double kFirst_s = 1e-3;
constexpr std::size_t kBuckets = 816;  // 1 ms * 1.02^816 is 2.9 h

}  // namespace

LatencyCounts::LatencyCounts() : counts_(kBuckets) {}

void LatencyCounts::add(double seconds) {
  static const double kPerLog = 1 / std::log(kGrowth);
  const double exact = seconds > kFirst_s ? std::log(seconds / kFirst_s) * kPerLog : 0;
  ++counts_[static_cast<std::size_t>(std::min(exact, double{kBuckets - 1}))];
  ++count_;
}

double LatencyCounts::quantile_s(double q) const {
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  for (std::size_t i = 0; i < kBuckets && count_ > 0; ++i) {
    below += static_cast<double>(counts_[i]);
    if (below >= rank && counts_[i] > 0) {
      return kFirst_s * std::pow(kGrowth, static_cast<double>(i + 1));
    }
  }
  return 0;
}

}  // namespace penstock::simulate

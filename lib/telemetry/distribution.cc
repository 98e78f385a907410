#include "lib/telemetry/distribution.h"

#include <numeric>

namespace penstock::telemetry {

std::uint64_t Distribution::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double Distribution::quantile(double q) const {
  const auto rank = q * static_cast<double>(count());
  double below = 0;
  for (std::size_t i = 0; i < bounds.size() && i < counts.size(); ++i) {
    const auto in_bucket = static_cast<double>(counts[i]);
    if (in_bucket > 0 && below + in_bucket >= rank) {
      const double lower = i == 0 ? 0 : bounds[i - 1];
      return lower + (bounds[i] - lower) * ((rank - below) / in_bucket);
    }
    below += in_bucket;
  }
  return count() == 0 || bounds.empty() ? 0 : bounds.back();
}

}  // namespace penstock::telemetry

#pragma once

#include <cstdint>
#include <vector>

namespace penstock::telemetry {

// What a histogram family has seen so far, over all its series and threads.
struct Distribution {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;  // one a bound, and one for what is above the last
  double sum = 0;

  [[nodiscard]] std::uint64_t count() const;

  // The value below which the share `q` (0 … 1) lies, interpolated inside its bucket as Prometheus'
  // histogram_quantile does. 0 without observations; the last bound for what lies above it.
  [[nodiscard]] double quantile(double q) const;
};

}  // namespace penstock::telemetry

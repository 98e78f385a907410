#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace penstock::simulate {

// One request of a load.
struct Arrival {
  std::int64_t at_us = 0;  // since the load's start
  std::int32_t input_tokens = 0;
  std::int32_t output_tokens = 1;  // >= 1

  auto operator<=>(const Arrival&) const = default;  // by time first
};

// Ascending by time.
using Arrivals = std::vector<Arrival>;

// From the first to the last; 0 for less than two.
inline double mean_rate_per_s(const Arrivals& arrivals) {
  const double seconds =
      arrivals.empty() ? 0
                       : static_cast<double>(arrivals.back().at_us - arrivals.front().at_us) / 1e6;
  return seconds > 0 ? static_cast<double>(arrivals.size() - 1) / seconds : 0;
}

}  // namespace penstock::simulate

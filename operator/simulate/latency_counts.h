#pragma once

#include <cstdint>
#include <vector>

namespace penstock::simulate {

// How often each latency occurred, to within 2 % from 1 ms to some three hours; what is beyond
// counts as the nearest end.
class LatencyCounts {
 public:
  LatencyCounts();

  void add(double seconds);
  [[nodiscard]] std::int64_t count() const { return count_; }
  // The upper end of the bucket that holds it; 0 where nothing was added.
  [[nodiscard]] double quantile_s(double q) const;

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
};

}  // namespace penstock::simulate

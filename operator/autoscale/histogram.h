#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace penstock::autoscale {

// Counts of latencies by bucket, as a pod reports them; those of pods with equal bounds add up.
struct Histogram {
  std::vector<double> bounds_s;       // ascending upper bounds, seconds
  std::vector<std::uint64_t> counts;  // one a bound, and one for what is above the last
  double sum_s = 0;

  bool operator==(const Histogram&) const = default;

  // One count for each bound and one more, bounds ascending.
  [[nodiscard]] bool valid() const;
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::optional<double> mean_s() const;
  // Interpolated inside its bucket as Prometheus' histogram_quantile does; the last bound for what
  // is above it. nullopt: nothing was observed.
  [[nodiscard]] std::optional<double> quantile_s(double q) const;
};

// Adds `other` to `into`; an empty `into` becomes it. False, and nothing added: other bounds, or
// not valid.
bool merge(Histogram& into, const Histogram& other);

}  // namespace penstock::autoscale

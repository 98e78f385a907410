#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace penstock::forecast {

// The levels that quantiles are kept at, ascending.
inline constexpr std::array kLevels = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99};
using Quantiles = std::array<float, kLevels.size()>;

// The value at level p of quantiles at kLevels, between two of them on the line that joins them.
// Beyond the outermost ones it is theirs.
double interpolate(const Quantiles& quantiles, double p);

// The distribution of a forecast's residuals at one horizon: quantiles of the newest ones, each
// read at a level of its own that moves until the promised share of residuals lies below what was
// said (adaptive conformal inference, Gibbs and Candès 2021, one level for each quantile):
//
//   level += kStep · (promised - [the residual was not above the quantile issued for it])
//
// Starts with kPrior residuals spread evenly over [-1, 1], which the first real ones replace from
// the inside out. Residuals beyond kResidualMax count as that.
//
// Memory: 8 bytes for each of kKept residuals. Cost: a move of half of them for each observation.
class ConformalBand {
 public:
  static constexpr std::size_t kPrior = 20;
  static constexpr std::size_t kKept = 256;
  static constexpr double kStep = 0.005;
  static constexpr double kResidualMax = 20;

  ConformalBand();

  // `issued`: quantiles() when the forecast was made.
  void observe(double residual, const Quantiles& issued);
  // Ascending.
  [[nodiscard]] Quantiles quantiles() const;
  // Real ones so far, not just those kept.
  [[nodiscard]] std::size_t observed() const { return observed_; }

 private:
  [[nodiscard]] double quantile(double level) const;

  std::vector<float> newest_;  // a ring once kKept are there, `next_` the oldest
  std::vector<float> sorted_;  // the same
  std::size_t next_ = 0;
  std::array<double, kLevels.size()> levels_ = kLevels;
  std::size_t observed_ = 0;
};

}  // namespace penstock::forecast

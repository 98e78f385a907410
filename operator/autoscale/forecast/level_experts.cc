#include "operator/autoscale/forecast/level_experts.h"

#include <algorithm>
#include <cmath>

namespace penstock::forecast {

double damped_steps(double phi, BinIndex steps) {
  return phi * (1 - std::pow(phi, static_cast<double>(steps))) / (1 - phi);
}

void SimpleSmoothing::observe(double value) {
  level_ = level_ ? *level_ + alpha_ * (value - *level_) : value;
}

void DampedTrend::observe(BinIndex bin, double value) {
  if (!bin_) {
    bin_ = bin;
    level_ = value;
    return;
  }
  // Over a gap the level has moved by what was forecast for it, and the trend has been damped as
  // often.
  const BinIndex steps = bin - *bin_;
  const double expected = level_ + damped_steps(smoothing_.phi, steps) * trend_;
  const double decayed = std::pow(smoothing_.phi, static_cast<double>(steps)) * trend_;
  const double level = expected + smoothing_.level * (value - expected);
  const double slope = (level - level_) / static_cast<double>(steps);
  trend_ = decayed + smoothing_.trend * (slope - decayed);
  level_ = level;
  bin_ = bin;
}

std::optional<double> DampedTrend::forecast(BinIndex target) const {
  if (!bin_) {
    return std::nullopt;
  }
  return std::max(0.0, level_ + damped_steps(smoothing_.phi, target - *bin_) * trend_);
}

}  // namespace penstock::forecast

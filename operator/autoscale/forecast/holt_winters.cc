#include "operator/autoscale/forecast/holt_winters.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "operator/autoscale/forecast/level_experts.h"

namespace penstock::forecast {

HoltWinters::HoltWinters(std::size_t season, const Smoothing& smoothing)
    : smoothing_(smoothing), season_(season, std::numeric_limits<double>::quiet_NaN()) {}

void HoltWinters::start() {
  double sum = 0;
  double count = 0;
  for (const double log : season_) {
    if (!std::isnan(log)) {
      sum += log;
      ++count;
    }
  }
  level_ = sum / count;
  for (double& log : season_) {
    // What was missing in the first season is taken for its mean.
    log = std::isnan(log) ? 0 : log - level_;
  }
}

void HoltWinters::observe(BinIndex bin, double value) {
  const double log = std::log1p(value);
  if (!first_) {
    first_ = bin;
  }
  if (!bin_ && bin - *first_ < static_cast<BinIndex>(season_.size())) {
    season_[ring_slot(bin, season_.size())] = log;
    return;
  }
  if (!bin_) {
    start();
  }
  const BinIndex steps = bin - bin_.value_or(bin - 1);
  double& season = season_[ring_slot(bin, season_.size())];
  const double expected = level_ + damped_steps(smoothing_.phi, steps) * trend_;
  const double error = std::clamp(log - expected - season, -kErrorMax, kErrorMax);
  level_ = expected + smoothing_.level * error;
  trend_ = std::pow(smoothing_.phi, static_cast<double>(steps)) * trend_ +
           smoothing_.level * smoothing_.trend * error;
  season += smoothing_.season * error;
  bin_ = bin;
}

std::optional<double> HoltWinters::forecast(BinIndex target) const {
  if (!bin_) {
    return std::nullopt;
  }
  const double steps = damped_steps(smoothing_.phi, target - *bin_);
  return std::max(0.0,
                  std::expm1(level_ + steps * trend_ + season_[ring_slot(target, season_.size())]));
}

}  // namespace penstock::forecast

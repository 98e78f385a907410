#include "operator/autoscale/forecast/conformal_band.h"

#include <algorithm>
#include <cmath>

namespace penstock::forecast {

double interpolate(const Quantiles& quantiles, double p) {
  const auto* const above = std::ranges::lower_bound(kLevels, p);
  if (above == kLevels.begin()) {
    return quantiles.front();
  }
  if (above == kLevels.end()) {
    return quantiles.back();
  }
  const auto i = static_cast<std::size_t>(above - kLevels.begin());
  const double part = (p - kLevels.at(i - 1)) / (kLevels.at(i) - kLevels.at(i - 1));
  return std::lerp(static_cast<double>(quantiles.at(i - 1)), static_cast<double>(quantiles.at(i)),
                   part);
}

ConformalBand::ConformalBand() {
  newest_.reserve(kKept);
  sorted_.reserve(kKept);
  // ±1/19, ±3/19, … ±1.
  for (std::size_t i = 0; i < kPrior; ++i) {
    const std::size_t odd = i / 2 * 2 + 1;
    const float size = static_cast<float>(odd) / (kPrior - 1);
    newest_.push_back(i % 2 == 0 ? size : -size);
  }
  sorted_ = newest_;
  std::ranges::sort(sorted_);
}

void ConformalBand::observe(double residual, const Quantiles& issued) {
  const auto kept = static_cast<float>(std::clamp(residual, -kResidualMax, kResidualMax));
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    const double below = kept <= issued.at(i) ? 1 : 0;
    levels_.at(i) = std::clamp(levels_.at(i) + kStep * (kLevels.at(i) - below), 0.0, 1.0);
  }
  ++observed_;
  const bool replaces = observed_ <= kPrior || newest_.size() == kKept;
  if (replaces) {
    sorted_.erase(std::ranges::lower_bound(sorted_, newest_[next_]));
    newest_[next_] = kept;
    next_ = (next_ + 1) % (newest_.size() == kKept ? kKept : kPrior);
  } else {
    newest_.push_back(kept);
  }
  sorted_.insert(std::ranges::upper_bound(sorted_, kept), kept);
}

double ConformalBand::quantile(double level) const {
  const double last = static_cast<double>(sorted_.size()) - 1;
  // The level · (n + 1)-th smallest, as split conformal prediction asks.
  const double rank = std::clamp(level * (last + 2) - 1, 0.0, last);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted_.size() - 1);
  return std::lerp(static_cast<double>(sorted_[below]), static_cast<double>(sorted_[above]),
                   rank - std::floor(rank));
}

Quantiles ConformalBand::quantiles() const {
  Quantiles quantiles{};
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    quantiles.at(i) = static_cast<float>(quantile(levels_.at(i)));
  }
  // Levels move one by one and may cross for a while.
  std::ranges::sort(quantiles);
  return quantiles;
}

}  // namespace penstock::forecast

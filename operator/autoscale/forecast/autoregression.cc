#include "operator/autoscale/forecast/autoregression.h"

#include <algorithm>
#include <cmath>

namespace penstock::forecast {
namespace {

// Fewer samples than three for each coefficient fit noise, whatever the penalty.
constexpr std::size_t kSamplesMin = 3 * Autoregression::kFeatures;

double bounded(double change) {
  return std::clamp(change, -Autoregression::kChangeMax, Autoregression::kChangeMax);
}

}  // namespace

Autoregression::Autoregression(const Shape& shape, std::span<const int> horizons)
    : shape_(shape),
      horizons_(horizons.begin(), horizons.end()),
      models_(horizons.size(), RidgeRegression(kFeatures, shape.discount, shape.penalty)) {}

std::size_t Autoregression::capacity() const {
  const int furthest = *std::ranges::max_element(horizons_);
  return shape_.season + static_cast<std::size_t>(furthest + shape_.width + kLongest);
}

Autoregression::Features Autoregression::features(const History& history, BinIndex origin,
                                                  double now, BinIndex target) const {
  const double log_now = std::log1p(now);
  Features features{1};
  std::size_t feature = 1;
  double sum = 0;
  double count = 0;
  for (int back = 0, next = 2; back < kLongest; ++back) {
    if (const std::optional<double> value = history.at(origin - back)) {
      sum += *value;
      ++count;
    }
    if (back + 1 == next) {
      features.at(feature++) = log_now - std::log1p(sum / count);
      next *= 2;
    }
  }
  const auto season = static_cast<BinIndex>(shape_.season);
  const std::optional<double> then = history.mean_around(origin - season, shape_.width);
  const std::optional<double> next = history.mean_around(target - season, shape_.width);
  if (then && next) {
    features.at(feature) = std::log1p(*next) - std::log1p(*then);
    features.at(feature + 1) = std::log1p(*then) - log_now;
  }
  for (double& change : features) {
    change = bounded(change);
  }
  return features;
}

void Autoregression::observe(const History& history) {
  const BinIndex target = history.newest();
  const double log = std::log1p(history.last_value());
  for (std::size_t model = 0; model < models_.size(); ++model) {
    const BinIndex origin = target - horizons_[model];
    if (const std::optional<double> then = history.at(origin)) {
      models_[model].add(features(history, origin, *then, target),
                         bounded(log - std::log1p(*then)));
    }
  }
  if (!fitted_ || target - *fitted_ >= shape_.refit) {
    for (RidgeRegression& model : models_) {
      if (model.samples() >= kSamplesMin) {
        model.fit();
      }
    }
    fitted_ = target;
  }
}

std::optional<double> Autoregression::forecast(const History& history, BinIndex target,
                                               std::size_t model) const {
  if (history.empty() || models_[model].samples() < kSamplesMin) {
    return std::nullopt;
  }
  const BinIndex origin = history.last_bin();
  const std::optional<double> now = history.at(origin);
  if (!now) {
    return std::nullopt;
  }
  const double change = models_[model].predict(features(history, origin, *now, target));
  return std::max(0.0, std::expm1(std::log1p(*now) + change));
}

}  // namespace penstock::forecast

#include "operator/autoscale/forecast/expert_weights.h"

#include <algorithm>
#include <cmath>

namespace penstock::forecast {
namespace {

// Errors below this are all the same, a hundredth of a percent: no ratio of two of them means
// anything.
constexpr double kErrorMin = 1e-4;

double relative_error(double forecast, double value) {
  const double larger = std::max(forecast, value);
  return larger <= 0 ? 0 : std::abs(forecast - value) / larger;
}

double worst(const ExpertValues& errors) {
  double worst = kErrorMin;
  for (const std::optional<double>& error : errors) {
    worst = std::max(worst, error.value_or(kErrorMin));
  }
  return worst;
}

}  // namespace

void ExpertWeights::observe(const ExpertValues& forecasts, double value) {
  const double handicap = worst(errors_);
  for (std::size_t i = 0; i < kExperts; ++i) {
    const std::optional<double>& forecast = forecasts.at(i);
    if (!forecast) {
      continue;
    }
    double& share = shares_.at(i);
    if (!errors_.at(i) && observed_) {
      // Who joins late starts with one error as large as the worst of those there.
      share = 1 - discount_;
    }
    share = 1 - discount_ * (1 - share);
    const double before = errors_.at(i).value_or(handicap);
    const double error = relative_error(*forecast, value);
    errors_.at(i) = before + (1 - discount_) / share * (error - before);
  }
  observed_ = true;
}

Weights ExpertWeights::weights(const ExpertValues& forecasts) const {
  const double handicap = worst(errors_);
  const auto error = [&](std::size_t i) {
    return std::max(kErrorMin, errors_.at(i).value_or(handicap));
  };
  double best = handicap;
  for (std::size_t i = 0; i < kExperts; ++i) {
    best = forecasts.at(i) ? std::min(best, error(i)) : best;
  }
  Weights weights{};
  double sum = 0;
  for (std::size_t i = 0; i < kExperts; ++i) {
    if (forecasts.at(i)) {
      const bool last_value = i == static_cast<std::size_t>(Expert::kLastValue);
      const double prior = last_value ? kLastValuePrior : 1;
      weights.at(i) = prior * std::exp(-eta_ * (error(i) / best - 1));
      sum += weights.at(i);
    }
  }
  for (double& weight : weights) {
    weight /= sum;
  }
  return weights;
}

double combine(const ExpertValues& forecasts, const Weights& weights) {
  double mean = 0;
  for (std::size_t i = 0; i < kExperts; ++i) {
    mean += weights.at(i) * forecasts.at(i).value_or(0);
  }
  return mean;
}

}  // namespace penstock::forecast

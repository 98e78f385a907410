#pragma once

#include <array>

#include "operator/autoscale/forecast/experts.h"

namespace penstock::forecast {

using Weights = std::array<double, kExperts>;

// How far off each expert was of late at one horizon, and what weight that gives it (the
// exponentially weighted average forecaster of Cesa-Bianchi and Lugosi, on discounted errors
// relative to the best):
//
//   E      = mean of |value - forecast| / max(value, forecast), discounted per bin
//   weight ∝ prior · exp(-eta · (E / min E - 1))
//
// The prior is 1, and kLastValuePrior for the last value: as long as all are equally good, the
// simplest should hold the others back.
class ExpertWeights {
 public:
  static constexpr double kLastValuePrior = 5;

  // REQUIRES: 0 < discount < 1; eta >= 0.
  ExpertWeights(double discount, double eta) : discount_(discount), eta_(eta) {}

  // The bin came out as `value`, `forecasts` had been made for it.
  void observe(const ExpertValues& forecasts, double value);

  // Of those that have a forecast; their sum is 1. REQUIRES: at least one has.
  [[nodiscard]] Weights weights(const ExpertValues& forecasts) const;

 private:
  double discount_;
  double eta_;
  ExpertValues errors_;  // E
  // Of the weights of a discounted mean over all time, those of the bins that an expert was there
  // for.
  std::array<double, kExperts> shares_{};
  bool observed_ = false;
};

// The mean of the forecasts with these weights.
double combine(const ExpertValues& forecasts, const Weights& weights);

}  // namespace penstock::forecast

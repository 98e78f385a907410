#pragma once

#include <optional>

#include "operator/autoscale/forecast/bin_index.h"

namespace penstock::forecast {

// Simple exponential smoothing (Brown): level += alpha · (value - level). Its forecast is the level
// at every horizon. Missing bins leave it as it is.
class SimpleSmoothing {
 public:
  // REQUIRES: 0 < alpha <= 1.
  explicit SimpleSmoothing(double alpha) : alpha_(alpha) {}

  void observe(double value);
  [[nodiscard]] std::optional<double> forecast() const { return level_; }

 private:
  double alpha_;
  std::optional<double> level_;
};

// Holt's linear trend, damped (Gardner and McKenzie): the forecast h bins ahead is
// level + (phi + phi² + … + phi^h) · trend, not below zero.
class DampedTrend {
 public:
  struct Smoothing {
    double level;  // alpha, in (0, 1]
    double trend;  // beta, in (0, 1]
    double phi;    // damping, in (0, 1)
  };

  explicit DampedTrend(const Smoothing& smoothing) : smoothing_(smoothing) {}

  // REQUIRES: bin grows from call to call.
  void observe(BinIndex bin, double value);
  [[nodiscard]] std::optional<double> forecast(BinIndex target) const;

 private:
  Smoothing smoothing_;
  std::optional<BinIndex> bin_;
  double level_ = 0;
  double trend_ = 0;
};

// phi + phi² + … + phi^steps. REQUIRES: 0 < phi < 1, steps >= 0.
double damped_steps(double phi, BinIndex steps);

}  // namespace penstock::forecast

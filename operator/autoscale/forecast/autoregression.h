#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "operator/autoscale/forecast/history.h"
#include "operator/autoscale/forecast/ridge_regression.h"

namespace penstock::forecast {

// Autoregression with seasonal lags on z = log(1 + value), one direct model for each horizon of a
// grid: what is regressed is z[t + h] - z[t], so that the ridge penalty shrinks it to the last
// value. Features at t: the distances of z[t] from the log of the mean of the last 2, 4, 8, 16, 32
// bins; the change of z a season ago between the same two times of day; the distance from a season
// ago to now. Where the season is not known, its features are zero. All of these, and what is
// regressed, are taken within [-kChangeMax, kChangeMax]: one outage would otherwise outweigh a
// week.
class Autoregression {
 public:
  static constexpr std::size_t kFeatures = 8;
  static constexpr double kChangeMax = 1;  // a factor of e
  // The longest mean, in bins.
  static constexpr int kLongest = 32;

  struct Shape {
    std::size_t season;  // in bins
    int width;           // bins around a bin of the last season that are averaged, >= 1
    double discount;     // per bin, of the least squares, in (0, 1]
    double penalty;      // of the ridge, > 0
    BinIndex refit;      // bins between two fits of the coefficients, >= 1
  };

  // REQUIRES: `horizons`: >= 1, in bins.
  Autoregression(const Shape& shape, std::span<const int> horizons);

  // Learns from the newest bin of `history`. REQUIRES: that bin has a value; the history holds at
  // least capacity() bins.
  void observe(const History& history);

  // By the model of `horizons[model]`, whatever the target. nullopt until there
  // are three samples for each coefficient.
  [[nodiscard]] std::optional<double> forecast(const History& history, BinIndex target,
                                               std::size_t model) const;

  // The bins of history that are looked at.
  [[nodiscard]] std::size_t capacity() const;

 private:
  using Features = std::array<double, kFeatures>;
  // REQUIRES: `now` is the value of `origin`.
  [[nodiscard]] Features features(const History& history, BinIndex origin, double now,
                                  BinIndex target) const;

  Shape shape_;
  std::vector<int> horizons_;
  std::vector<RidgeRegression> models_;
  std::optional<BinIndex> fitted_;
};

}  // namespace penstock::forecast

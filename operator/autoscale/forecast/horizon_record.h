#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "operator/autoscale/forecast/bin_index.h"
#include "operator/autoscale/forecast/conformal_band.h"
#include "operator/autoscale/forecast/expert_weights.h"
#include "operator/autoscale/forecast/experts.h"

namespace penstock::forecast {

// How forecasts of one horizon have done: what each bin to come was expected to be, and, once it is
// over, what that says of the experts and of the ensemble's residuals.
//
// A residual is taken in units of sqrt(mean · level), the mean at least a tenth of the level:
// halfway between noise that does not depend on the load and noise in proportion to it, as counts
// have it.
//
// Memory: about 120 bytes for each bin of the horizon, and the band's.
class HorizonRecord {
 public:
  // REQUIRES: bins >= 1; discount and eta as ExpertWeights has it.
  HorizonRecord(int bins, double discount, double eta);

  struct Combined {
    Weights weights{};
    double mean = 0;
    Quantiles quantiles{};  // of the value, >= 0, at kLevels
  };

  // The ensemble's answer from what its experts say. `level`: the usual size of the series, >= 0.
  // REQUIRES: at least one expert says something.
  [[nodiscard]] Combined combine(const ExpertValues& experts, double level) const;

  // Keeps what is said of the bin, `bins()` ahead, until it is settled.
  void expect(BinIndex bin, const ExpertValues& experts, double level);
  // The bin is over. Nothing happens where nothing was expected of it.
  void settle(BinIndex bin, double value);

  [[nodiscard]] int bins() const { return bins_; }
  // Bins settled so far.
  [[nodiscard]] std::size_t residuals() const { return band_.observed(); }

 private:
  struct Expected {
    BinIndex bin = 0;
    float mean = 0;
    float unit = 0;                         // of residuals; zero: nothing is expected
    std::array<float, kExperts> experts{};  // NaN: none
    Quantiles residuals{};                  // quantiles of them that were issued
  };

  int bins_;
  ExpertWeights weights_;
  ConformalBand band_;
  std::vector<Expected> expected_;  // a ring of one for each bin of the horizon
};

}  // namespace penstock::forecast

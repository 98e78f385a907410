#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "operator/autoscale/forecast/experts.h"
#include "operator/autoscale/forecast/history.h"
#include "operator/autoscale/forecast/horizon_record.h"
#include "operator/autoscale/forecast/outlier_filter.h"
#include "operator/autoscale/forecast/settings.h"

namespace penstock::forecast {

// What is expected of one bin to come, and how sure that is.
struct Forecast {
  BinIndex bin = 0;
  int horizon = 0;             // bins from the newest one to it
  double mean = 0;             // >= 0, in the unit of the series
  Quantiles quantiles{};       // of the value, >= 0, at kLevels
  ExpertValues experts;        // what each says
  Weights weights{};           // how much that counted
  std::uint64_t observed = 0;  // bins with a value so far
  // Bins so far for which a forecast of about this horizon was checked.
  std::uint64_t residuals = 0;
  // The band rests on such checks alone. Until then part of it is the wide one of the start.
  bool trained = false;

  // What the bin stays at or below with probability p, in [0, 1].
  [[nodiscard]] double quantile(double p) const { return interpolate(quantiles, p); }
};

// Forecasts one series of non-negative bins, online: an ensemble of experts, weighted by how they
// did at the horizon asked for, with a band from the ensemble's own residuals there.
// docs/design/forecast.md explains the method. An example:
//
//   Forecaster requests({.bin = 60s});
//   requests.observe(bin, 117);
//   if (const auto forecast = requests.at(/*horizon=*/8)) { plan_for(forecast->quantile(0.9)); }
//
// The same settings and the same calls give the same forecasts. A copy is a snapshot.
//
// Units:   any in which one is a small amount (requests a bin, tokens a second); kept as it is.
// Time:    the caller numbers the bins.
// Errors:  none, see observe().
// Memory:  fixed by the settings; nothing grows with time.
// Threads: not safe.
class Forecaster {
 public:
  // REQUIRES: as Settings says.
  explicit Forecaster(const Settings& settings);

  // The bin is over and had this value; nullopt: that is not known. Bins that are skipped are
  // missing too. A value below zero or not finite counts as missing. False, and nothing changes,
  // where the bin is not newer than all before it.
  bool observe(BinIndex bin, std::optional<double> value);

  // The bin `horizon` bins after the newest one. nullopt while no value was observed.
  // REQUIRES: horizon >= 1.
  [[nodiscard]] std::optional<Forecast> at(int horizon) const;

  // What the experts have learned from, a day and more: where it is kept over a restart and
  // observed again, the seasons are known from the start.
  [[nodiscard]] const History& history() const { return speaking().history(); }

 private:
  [[nodiscard]] const Experts& speaking() const;
  [[nodiscard]] std::size_t nearest(int horizon) const;
  void learn(BinIndex bin, double value);

  std::vector<HorizonRecord> records_;  // by ascending horizon
  Experts experts_;
  // While an outlier is doubted: what they were before, to whom its bins are missing. They take
  // over if it turns out to have been a spike, so that it leaves no trace.
  std::optional<Experts> unmoved_;
  OutlierFilter filter_;
  double level_ = 0;  // the mean of the last fifty bins or so
  std::uint64_t observed_ = 0;
};

}  // namespace penstock::forecast

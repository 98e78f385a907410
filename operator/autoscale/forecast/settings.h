#pragma once

#include <chrono>
#include <cstddef>

namespace penstock::forecast {

// What one forecaster is made with. docs/design/forecast.md says how the defaults were chosen.
struct Settings {
  // Length of a bin. REQUIRES: a day is a whole number of bins, at least two.
  std::chrono::seconds bin{60};
  // Added to UTC before a bin is sorted by time of day and weekday. REQUIRES: whole bins.
  std::chrono::seconds utc_offset{0};
  // The furthest horizon that errors are kept for, in bins. REQUIRES: >= 1. Forecasts beyond it are
  // made, with the weights and the band of this one.
  int horizon_max = 30;
  // One more Holt-Winters expert, whose season is a week; costs 8 bytes a bin of it.
  bool weekly = false;

  // An error counts this many times less with each bin that follows, in (0, 1).
  double discount = 0.97;
  // How hard the ensemble favours experts with small errors, >= 0: see ExpertWeights.
  double eta = 10;
};

// REQUIRES: as Settings says.
constexpr std::size_t bins_per_day(const Settings& settings) {
  return static_cast<std::size_t>(std::chrono::days(1) / settings.bin);
}

}  // namespace penstock::forecast

#pragma once

#include <array>
#include <cstddef>

#include "operator/autoscale/forecast/forecaster.h"
#include "tests/bench/forecast/series.h"

namespace penstock {

// The bins that errors are counted in: [first, end). All before them are forecast too, and learned
// from.
struct Window {
  std::size_t first;
  std::size_t end;
};

// Errors of forecasts for the bins of a window. WAPE = Σ|value - forecast| / Σ value; sMAPE as the
// M4 competition has it, the mean of 200 · |value - forecast| / (value + forecast), zero where both
// are.
struct Score {
  struct Method {
    double wape = 0;   // percent
    double smape = 0;  // percent
  };

  Method ours;
  Method last_value;
  Method seasonal_naive;  // a day before
  std::array<Method, forecast::kExperts> experts;
  double coverage = 0;    // percent of bins within the band of 90 %
  double band_width = 0;  // its mean width, as a percentage of the mean value
  double observe_us = 0;  // microseconds a call
  double at_us = 0;
};

// Observes the whole series bin by bin, with a forecast `horizon` bins ahead after each.
// REQUIRES: window.first >= horizon and a day of bins.
Score score(const Series& series, int horizon, Window window);

}  // namespace penstock

#pragma once

#include <optional>
#include <vector>

#include "operator/autoscale/forecast/bin_index.h"

namespace penstock::forecast {

// Holt-Winters with additive season and damped trend, on log(1 + value), so that the season is a
// factor and zero is allowed (Holt, Winters; damping by Gardner and McKenzie). With z the log, at
// bin t:
//
//   error   = z - (level + phi · trend + season[t mod m])
//   level  += phi · trend + alpha · error
//   trend   = phi · trend + alpha · beta · error
//   season[t mod m] += gamma · error
//
// (the error-correction form of Hyndman et al., "Forecasting with exponential smoothing"). The
// error is taken within [-kErrorMax, kErrorMax], so that an outage does not bend the season of its
// hour (robust Holt-Winters, Gelper, Fried and Croux). Over missing bins, phi · trend is added for
// each of them. The first season is only gathered: then the level is its mean, each season[i] its
// distance from that.
//
// Memory: 8 bytes a bin of the season.
class HoltWinters {
 public:
  static constexpr double kErrorMax = 1;  // a factor of e

  struct Smoothing {
    double level;   // alpha, in (0, 1]
    double trend;   // beta, in [0, 1]
    double season;  // gamma, in [0, 1]
    double phi;     // damping, in (0, 1)
  };

  // REQUIRES: season >= 2, in bins.
  HoltWinters(std::size_t season, const Smoothing& smoothing);

  // REQUIRES: bin grows from call to call, value >= 0.
  void observe(BinIndex bin, double value);
  // nullopt until a season has passed.
  [[nodiscard]] std::optional<double> forecast(BinIndex target) const;

 private:
  void start();

  Smoothing smoothing_;
  std::vector<double> season_;  // before the start: the logs themselves, NaN where there is none
  std::optional<BinIndex> first_;
  std::optional<BinIndex> bin_;  // the last one; set: started
  double level_ = 0;
  double trend_ = 0;
};

}  // namespace penstock::forecast

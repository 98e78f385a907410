#pragma once

#include <optional>
#include <vector>

#include "operator/autoscale/forecast/forecaster.h"
#include "operator/autoscale/inputs.h"
#include "operator/autoscale/queue_model.h"

namespace penstock::autoscale {

// One target's load as a series of minutes, and what is expected of it. Requests are what comes
// and goes by the hour; how long they are changes slowly, so tokens follow from the present mean.
//
// Memory:  that of one forecaster, some 120 KiB.
// Threads: not safe.
class LoadForecasts {
 public:
  // How far the clock may be set back: so long nothing is expected, and days that were seen are
  // worth it. Further than that, all of them are forgotten.
  static constexpr std::chrono::hours kSetBackMost{2};

  // The total of a moment; nullopt: nobody said. Minutes that a clock which was set back since has
  // counted already teach nothing.
  void add(Time now, std::optional<double> requests_per_s);

  // What is expected `lead` from now, of requests of this shape. Empty until a minute is over, and
  // where it was counted already.
  [[nodiscard]] std::vector<Forecast> at(Time now, milliseconds lead,
                                         const RequestShape& shape) const;

 private:
  forecast::Forecaster requests_{forecast::Settings{}};
  std::optional<forecast::BinIndex> bin_;  // that is not over yet
  double sum_ = 0;
  int samples_ = 0;
};

// Of that dimension; nullptr: there is none.
const Forecast* forecast_of(const std::vector<Forecast>& forecasts, Dimension dimension);

}  // namespace penstock::autoscale

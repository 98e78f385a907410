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
  // The total of a moment; nullopt: nobody said. Times do not go back.
  void add(Time now, std::optional<double> requests_per_s);

  // What is expected `lead` from now, of requests of this shape. Empty until a minute is over.
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

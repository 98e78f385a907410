#pragma once

#include <optional>

#include "operator/autoscale/demand.h"
#include "operator/autoscale/load.h"
#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// How long a target's requests are in the mean of the last quarter of an hour with load.
//
// Requests count when they begin and their tokens when they end, so the two of one second are not
// of the same requests, and at first many began of which none ended. Seconds without any say
// nothing: after a night of silence the mean is that of the evening.
//
// Threads: not safe. Deterministic.
class MeanRequest {
 public:
  // About once a second.
  void add(Time now, const Demand& demand);

  // Without input tokens: not known yet.
  [[nodiscard]] const RequestShape& shape() const { return shape_; }

  // The clock was set back to `now`: nothing was seen later.
  void set_back(Time now);

 private:
  std::optional<Time> first_;  // that somebody told of load, or of none
  Time last_;                  // the same
  milliseconds loaded_{0};     // how long there was load,
  Load mean_;                  // and its rates, of newer seconds more
  RequestShape shape_;
};

}  // namespace penstock::autoscale

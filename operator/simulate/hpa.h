#pragma once

#include "operator/autoscale/behavior.h"
#include "operator/autoscale/windows.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/seen.h"

namespace penstock::simulate {

// A HorizontalPodAutoscaler on the requests that pods hold (running and queued), a metric of type
// AverageValue, as an adapter gives it:
//
//   desired = ceil(total / target) unless |total / (target * replicas) - 1| <= tolerance,
//
// then `behavior`: stabilisation windows and rate policies (operator/autoscale/behavior.h, which
// follows horizontal.go). Asked each `sync`; the metric is the mean of `metric_window` before.
struct HpaSettings {
  double target = 10;  // requests a replica
  double tolerance = 0.1;
  autoscale::milliseconds sync{15'000};
  autoscale::milliseconds metric_window{30'000};
  autoscale::Behavior behavior;
  int replicas_max = 1'000;
};

class Hpa final : public Autoscaler {
 public:
  explicit Hpa(const HpaSettings& settings)
      : settings_(settings), timer_(settings.sync), metric_(settings.metric_window) {}

  int replicas(const autoscale::Sight& sight) override;

 private:
  HpaSettings settings_;
  Timer timer_;
  autoscale::TotalsWindow metric_;
  autoscale::BehaviorState state_;
};

// What `behavior` makes of a number of replicas that somebody wants: for those who leave the last
// step to a HorizontalPodAutoscaler.
int within_behavior(autoscale::Time now, int current, int desired,
                    const autoscale::Behavior& behavior, autoscale::BehaviorState& state);

}  // namespace penstock::simulate

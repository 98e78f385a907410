#pragma once

#include "operator/autoscale/reactive.h"
#include "operator/autoscale/windows.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/seen.h"

namespace penstock::simulate {

// Knative's KPA (pkg/autoscaler/scaling/autoscaler.go) on concurrency, each 2 s: stable window
// 60 s, panic window 6 s, threshold 200 %. The formula is that of operator/autoscale/reactive.h,
// without its tolerance; `target` is requests a replica, utilisation taken off.
class KnativeKpa final : public Autoscaler {
 public:
  KnativeKpa(double target, int replicas_max) : target_(target), replicas_max_(replicas_max) {}

  int replicas(const autoscale::Sight& sight) override;

 private:
  double target_;
  int replicas_max_;
  Timer timer_{autoscale::milliseconds(2'000)};
  autoscale::TotalsWindow concurrency_{autoscale::milliseconds(60'000)};
  autoscale::ReactiveState state_;
};

}  // namespace penstock::simulate

#pragma once

#include "operator/autoscale/behavior.h"
#include "operator/autoscale/capacity.h"
#include "operator/autoscale/windows.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/engine.h"
#include "operator/simulate/seen.h"

// llm-d's workload-variant-autoscaler at b08b1c7. Both engines run each 60 s and leave the last
// step to the HorizontalPodAutoscaler of its chart: 240 s of stabilisation in both directions, 10
// pods in 150 s.
namespace penstock::simulate {

// The chart's `behavior`.
autoscale::Behavior wva_behavior();

// V1, "saturation": a replica is saturated at 80 % of KV or 5 waiting. One more when the mean spare
// of the others falls below 10 % of KV or 3 waiting and none is pending; one less when both would
// stay above that with everything spread over n - 1.
struct WvaSaturation {
  double kv_threshold = 0.8;  // of the cache; `knob` scales it
  double queue_threshold = 5;
  double kv_spare = 0.1;
  double queue_spare = 3;
};
int wva_saturation(const autoscale::Sight& sight, const WvaSaturation& settings);

// V2, "token capacity": demand = tokens in use + waiting x mean input, capacity of a replica
// min(k1, k2), here k1 = 0.8 x the cache and k2 = N* (I + O / 2), both as capacity.h has them.
// required = demand / up - (ready + pending) x capacity: up by ceil; spare = supply - demand /
// down: down by floor.
struct WvaTokens {
  double up = 0.85;
  double down = 0.7;
};
int wva_tokens(double demand, double capacity, int supply, const WvaTokens& settings);

class Wva final : public Autoscaler {
 public:
  // `capacity`: of one replica in tokens; 0 is V1.
  Wva(double knob, double capacity, double input_tokens, int replicas_max);

  int replicas(const autoscale::Sight& sight) override;

 private:
  double knob_;
  double capacity_;
  double input_tokens_;
  int replicas_max_;
  Timer engine_{autoscale::milliseconds(60'000)};
  Timer actuator_{autoscale::milliseconds(15'000)};
  int desired_ = 1;
  autoscale::BehaviorState state_;
};

}  // namespace penstock::simulate

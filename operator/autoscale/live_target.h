#pragma once

#include "operator/autoscale/inputs.h"
#include "operator/autoscale/state.h"

// What became of the target since the last decision, judged by the live object alone.
namespace penstock::autoscale {

// A change of spec.replicas to what we asked for is ours, and counts for `behavior` from the moment
// it is seen: a write that never arrived limits nothing. Any other change is somebody's drift. With
// another scaler on the target, or outside Enforce, nothing is drift and nothing is ours.
void track_target(const Inputs& inputs, State& state);

// Whether spec.replicas is somebody's, and still to be respected.
bool is_drift_respected(const Inputs& inputs, const State& state);

void remember_write(const Inputs& inputs, int replicas, State& state);

struct Supply {
  int ready = 0;
  int starting = 0;  // within the start deadline: they count as there
  int starved = 0;   // past it: they do not
  [[nodiscard]] int total() const { return ready + starting; }
};
Supply supply_of(const Inputs& inputs);

}  // namespace penstock::autoscale

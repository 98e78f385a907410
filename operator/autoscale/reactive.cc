#include "operator/autoscale/reactive.h"

#include <algorithm>
#include <cmath>

#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

struct Range {
  int low = 0;
  int high = 0;
};

// Rates below 1 would make a range without a count in it; they count as 1.
Range reachable(int ready, const ReactiveSettings& settings) {
  const double high = std::ceil(std::max(1.0, settings.max_scale_up_rate) * ready);
  const double low = std::floor(ready / std::max(1.0, settings.max_scale_down_rate));
  return {.low = static_cast<int>(low),
          .high = static_cast<int>(std::min(high, double{kReplicasMax}))};
}

void begin_after_gap(const ReactiveInput& input, const ReactiveSettings& settings,
                     ReactiveState& state) {
  const bool gap =
      !state.measured_ms || input.now - time_of(*state.measured_ms) > settings.stable_window;
  state.measured_ms = ms_of(input.now);
  const int running = std::max(input.ready, input.replicas);
  if (gap && running > 1) {
    state.panic_since_ms = ms_of(input.now);
    state.panic_peak = std::max(state.panic_peak, running);
  }
}

// Enters, extends or leaves panic. Leaves only after a whole stable window below the threshold.
void track_panic(bool over, Time now, const ReactiveSettings& settings, ReactiveState& state) {
  if (over) {
    state.panic_since_ms = ms_of(now);
  } else if (state.panic_since_ms &&
             time_of(*state.panic_since_ms) + settings.stable_window < now) {
    state.panic_since_ms.reset();
    state.panic_peak = 0;
  }
}

}  // namespace

ReactiveResult reactive(const ReactiveInput& input, const ReactiveSettings& settings,
                        ReactiveState& state) {
  if (!input.stable || !input.panic || !(input.target > 0)) {
    return {.in_panic = state.panic_since_ms.has_value()};
  }
  begin_after_gap(input, settings, state);

  const int ready = std::max(1, input.ready);
  const Range range = reachable(ready, settings);
  const int wanted_in_panic = replicas_for(*input.panic, input.target);
  const bool over = wanted_in_panic >= settings.panic_threshold * ready;
  int stable = std::clamp(replicas_for(*input.stable, input.target), range.low, range.high);
  const int panic = std::clamp(wanted_in_panic, range.low, range.high);
  // Of what is asked for: pods that restart must not lower it to what happens to serve.
  if (input.replicas > 0 &&
      within_tolerance(*input.stable / (input.target * input.replicas), settings.tolerance)) {
    stable = input.replicas;
  }

  track_panic(over, input.now, settings, state);
  ReactiveResult result{.replicas = stable, .in_panic = state.panic_since_ms.has_value()};
  if (result.in_panic) {
    state.panic_peak = std::max({state.panic_peak, stable, panic});
    result.replicas = state.panic_peak;
  }
  if (settings.scale_down_delay.count() > 0) {
    forget_older(state.delayed, input.now, settings.scale_down_delay);
    const int kept = extreme_of(Extreme::kLargest, state.delayed, *result.replicas);
    push(Extreme::kLargest, state.delayed, input.now, *result.replicas);
    result.replicas = kept;
  }
  if (settings.burst_capacity > 0) {
    result.excess_burst_capacity =
        std::floor(input.ready * input.target - settings.burst_capacity - *input.panic);
  }
  return result;
}

}  // namespace penstock::autoscale

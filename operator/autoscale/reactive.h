#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/json/field.h"
#include "operator/autoscale/sliding_extreme.h"
#include "operator/autoscale/time.h"

// The reactive loop: Knative's KPA (pkg/autoscaler/scaling/autoscaler.go) on totals, with a
// tolerance of its own. In load units a replica should carry `target` of:
//
//   ds = clamp(ceil(stable / target), floor(ready / down), ceil(up * ready)); dp the same of panic
//   over := ceil(panic / target) / ready >= panic_threshold     (re)starts a stable window of panic
//   in panic: desired = the largest of ds and dp since panic began; it never shrinks
namespace penstock::autoscale {

struct ReactiveSettings {
  double max_scale_up_rate = 1'000;  // at most this many times the ready replicas; > 1
  double max_scale_down_rate = 2;    // at least ready divided by this; > 1
  double panic_threshold = 2;        // of ready replicas; > 1
  double tolerance = 0.1;            // of stable / (replicas * target) around 1; 0 … 1; 0: none
  double burst_capacity = 0;         // load (in decisions: full replicas) that must fit beside
                                     // the present one; 0: not asked
  milliseconds stable_window{20'000};
  milliseconds scale_down_delay{0};  // the largest result of this long counts

  bool operator==(const ReactiveSettings&) const = default;
  static constexpr auto fields() {
    using T = ReactiveSettings;
    return std::tuple{json::Field{"maxScaleUpRate", &T::max_scale_up_rate},
                      json::Field{"maxScaleDownRate", &T::max_scale_down_rate},
                      json::Field{"panicThreshold", &T::panic_threshold},
                      json::Field{"tolerance", &T::tolerance},
                      json::Field{"burstCapacity", &T::burst_capacity},
                      json::Field{"stableWindow", &T::stable_window},
                      json::Field{"scaleDownDelay", &T::scale_down_delay}};
  }
};

struct ReactiveInput {
  Time now;
  std::optional<double> stable;  // mean total over the stable window; nullopt: nothing was measured
  std::optional<double> panic;   // mean total over the panic window
  double target = 1;             // load for one replica, utilisation taken off
  int ready = 0;                 // replicas that serve
  int replicas = 0;              // replicas that are asked for (spec.replicas)
};

struct ReactiveState {
  std::optional<std::int64_t> measured_ms;     // when there last was data
  std::optional<std::int64_t> panic_since_ms;  // the last time the threshold was passed
  int panic_peak = 0;                          // panic memory: the largest result since it began
  std::vector<TimedCount> delayed;             // results within the scale-down delay

  bool operator==(const ReactiveState&) const = default;
  static constexpr auto fields() {
    using T = ReactiveState;
    return std::tuple{json::Field{"measuredMs", &T::measured_ms},
                      json::Field{"panicSinceMs", &T::panic_since_ms},
                      json::Field{"panicPeak", &T::panic_peak},
                      json::Field{"delayed", &T::delayed, {.items_max = kCountsMax}}};
  }
};

struct ReactiveResult {
  // nullopt: no data in one of the windows, or no target to divide by; hold what there is.
  std::optional<int> replicas;
  bool in_panic = false;
  // EBC: load that could still be taken at once; negative: requests must be buffered.
  double excess_burst_capacity = 0;
};

// The first data over more than one replica, and the first after a stable window without any,
// starts in panic with them as its memory: an operator that just restarted has no history to shrink
// on. Without data the state stays as it is.
ReactiveResult reactive(const ReactiveInput& input, const ReactiveSettings& settings,
                        ReactiveState& state);

}  // namespace penstock::autoscale

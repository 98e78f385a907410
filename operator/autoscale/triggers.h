#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>

#include "lib/json/field.h"
#include "operator/autoscale/time.h"

// Classic triggers: utilisation of CPU or memory as a HorizontalPodAutoscaler computes it
// (pkg/controller/podautoscaler/replica_calculator.go), queue depth, latency above a threshold.
// Several vote; the largest wins, and one that failed keeps anything from shrinking.
namespace penstock::autoscale {

// One trigger's say. replicas == nullopt: it failed, nobody knows what it would have said.
struct Vote {
  static constexpr std::size_t kProblemMax = 512;  // bytes

  std::string name;
  std::optional<int> replicas;
  std::string problem;  // why it failed, for people
  bool of_cpu = false;  // it goes by what pods compute

  bool operator==(const Vote&) const = default;
  static constexpr auto fields() {
    using T = Vote;
    return std::tuple{
        json::Field{"name", &T::name, {.length_min = 0}}, json::Field{"replicas", &T::replicas},
        json::Field{"problem", &T::problem, {.length_min = 0, .length_max = kProblemMax}},
        json::Field{"ofCpu", &T::of_cpu}};
  }
};

// The largest vote. With a failed one among them at least `current`. nullopt: no votes at all.
std::optional<int> combine(std::span<const Vote> votes, int current);

// A pod as utilisation sees it. Pods that are finished or being deleted are left out by the caller.
struct PodUsage {
  std::optional<double> usage;  // in the request's unit; nullopt: the metric is missing
  bool pending = false;         // it cannot use anything yet, and counts as unready
  double request = 0;           // > 0
  // Whether the sample may be believed: ready, and for CPU past its initialisation period.
  bool ready = true;
};

struct UtilizationTarget {
  int percent = 80;        // of the requests
  double tolerance = 0.1;  // of the ratio around 1
};

// ceil(ratio * pods), where ratio = utilisation / target. Unready pods count as 0 on the way up and
// not at all on the way down; missing ones as 0 on the way up and as all of their request (or the
// target, where that is above 100 %) on the way down. `current` where the corrected ratio is within
// the tolerance or points the other way. nullopt: no pod that counts has a sample.
std::optional<int> replicas_by_utilization(std::span<const PodUsage> pods, int current,
                                           const UtilizationTarget& target);

// ceil(total waiting / target per replica); `current` within the tolerance. `complete`: every pod
// reported; else it never says less than `current`. nullopt: nothing was measured.
struct QueueDepth {
  std::optional<double> waiting;  // requests, over all replicas
  bool complete = true;
};
std::optional<int> replicas_by_queue(const QueueDepth& depth, int current, double target,
                                     double tolerance);

struct LatencyThreshold {
  double threshold_s = 1;
  milliseconds sustained{30'000};  // above it for this long before anything grows
  double step_max = 2;             // at most this many times the replicas in one step
};

struct LatencyTriggerState {
  std::optional<std::int64_t> above_since_ms;

  bool operator==(const LatencyTriggerState&) const = default;
  static constexpr auto fields() {
    using T = LatencyTriggerState;
    return std::tuple{json::Field{"aboveSinceMs", &T::above_since_ms}};
  }
};

// Below 0.8 x threshold it asks for nothing (0): what may shrink is for others to say. Between that
// and the threshold, and until the threshold was passed for `sustained`: `current`. Then
// ceil(current * min(latency / threshold, step_max)), at least one more, and the period starts
// again, so that the new replicas have their time to help. `latency_s`: a percentile of the
// requests of the last moments; nullopt: no request ended, which is neither high nor low.
int replicas_by_latency(Time now, std::optional<double> latency_s, int current,
                        const LatencyThreshold& settings, LatencyTriggerState& state);

}  // namespace penstock::autoscale

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/api/scaling_trigger_spec.h"
#include "operator/autoscale/demand.h"
#include "operator/autoscale/histogram_window.h"
#include "operator/autoscale/triggers.h"

namespace penstock::autoscale {

// One trigger of a policy, its defaults filled in.
struct TriggerSettings {
  api::ScalingTriggerType type = api::ScalingTriggerType::kCpu;
  int utilization_percent = 80;    // CPU, Memory
  double waiting_per_replica = 1;  // QueueDepth
  milliseconds threshold{1'000};   // latencies
  milliseconds sustained{30'000};

  bool operator==(const TriggerSettings&) const = default;
};

// What pods use of one resource.
struct UsageSight {
  std::vector<PodUsage> pods;
  std::string problem;  // why nobody knows, for people; empty: it is known
};

struct TriggerSight {
  Time now;
  int current = 0;           // replicas of the live object
  double tolerance = 0.1;    // of the ratio around 1
  double percentile = 0.95;  // of latencies
  const Demand& demand;
  const UsageSight& cpu;
  const UsageSight& memory;
};

// Lets each of a policy's triggers vote, once a second; remembers the latencies of the last moments
// and how long they have been too high. A latency that asks for nothing does not vote: that it is
// good does not say how few replicas would do.
// Threads: not safe. Deterministic.
class TriggerVotes {
 public:
  // A percentile needs some requests, and new replicas have to show soon.
  static constexpr milliseconds kLatencyWindow{15'000};

  std::vector<Vote> at(std::span<const TriggerSettings> triggers, const TriggerSight& sight);

 private:
  struct Latency {
    HistogramWindow seen{kLatencyWindow};
    LatencyTriggerState state;
  };

  Latency first_token_;
  Latency output_token_;
};

}  // namespace penstock::autoscale

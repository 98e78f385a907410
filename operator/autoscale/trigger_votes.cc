#include "operator/autoscale/trigger_votes.h"

#include <optional>
#include <string_view>
#include <utility>

#include "lib/json/field.h"
#include "lib/json/one_line.h"

namespace penstock::autoscale {
namespace {

using api::ScalingTriggerType;

// The API server's own words may be longer than a decision line holds.
Vote failed(std::string name, std::string_view problem) {
  return {.name = std::move(name), .problem = json::one_line(problem, Vote::kProblemMax)};
}

Vote by_utilization(const TriggerSettings& trigger, const UsageSight& usage,
                    const TriggerSight& sight) {
  std::string name(json::name_of(trigger.type));
  if (!usage.problem.empty()) {
    return failed(std::move(name), usage.problem);
  }
  const std::optional<int> replicas = replicas_by_utilization(
      usage.pods, sight.current,
      {.percent = trigger.utilization_percent, .tolerance = sight.tolerance});
  return replicas ? Vote{.name = std::move(name),
                         .replicas = replicas,
                         .of_cpu = trigger.type == ScalingTriggerType::kCpu}
                  : failed(std::move(name), "no pod that is ready has a sample yet");
}

Vote by_queue(const TriggerSettings& trigger, const TriggerSight& sight) {
  std::string name(json::name_of(trigger.type));
  const std::optional<int> replicas =
      replicas_by_queue({.waiting = sight.demand.waiting, .complete = sight.demand.missing == 0},
                        sight.current, trigger.waiting_per_replica, sight.tolerance);
  const int untold = sight.demand.untold_queues;
  if (replicas && *replicas < sight.current && untold > 0) {
    return failed(std::move(name), std::to_string(untold) + " of " +
                                       std::to_string(sight.demand.reporting) +
                                       " engines do not say how many requests wait");
  }
  return replicas ? Vote{.name = std::move(name), .replicas = replicas}
                  : failed(std::move(name),
                           "no engine says how many requests wait; its metrics port would");
}

double seconds_of(milliseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

}  // namespace

std::vector<Vote> TriggerVotes::at(std::span<const TriggerSettings> triggers,
                                   const TriggerSight& sight) {
  std::vector<Vote> votes;
  const auto by_latency = [&](const TriggerSettings& trigger, const Histogram& came,
                              Latency& latency) {
    latency.seen.add(sight.now, came);
    const int replicas = replicas_by_latency(
        sight.now, latency.seen.total().quantile_s(sight.percentile), sight.current,
        {.threshold_s = seconds_of(trigger.threshold), .sustained = trigger.sustained},
        latency.state);
    if (replicas > 0) {
      votes.push_back({.name = std::string(json::name_of(trigger.type)), .replicas = replicas});
    }
  };
  for (const TriggerSettings& trigger : triggers) {
    switch (trigger.type) {
      case ScalingTriggerType::kCpu:
        votes.push_back(by_utilization(trigger, sight.cpu, sight));
        break;
      case ScalingTriggerType::kMemory:
        votes.push_back(by_utilization(trigger, sight.memory, sight));
        break;
      case ScalingTriggerType::kQueueDepth: votes.push_back(by_queue(trigger, sight)); break;
      case ScalingTriggerType::kTimeToFirstToken:
        by_latency(trigger, sight.demand.ttft, first_token_);
        break;
      case ScalingTriggerType::kTimePerOutputToken:
        by_latency(trigger, sight.demand.tpot, output_token_);
        break;
    }
  }
  return votes;
}

}  // namespace penstock::autoscale

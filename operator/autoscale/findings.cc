#include "operator/autoscale/findings.h"

#include <algorithm>
#include <string>

#include "lib/json/scalars.h"

namespace penstock::autoscale {
namespace {

using api::ConditionStatus;

Finding scaling_active(const Inputs& inputs, Withheld withheld) {
  Finding finding{.type = "ScalingActive", .status = ConditionStatus::kFalse};
  switch (withheld) {
    case Withheld::kNo:
      return {finding.type, ConditionStatus::kTrue, "Enforcing", "replicas follow the decisions"};
    case Withheld::kOff:
      finding.reason = "Off";
      finding.message = "autoscaling.mode is Off";
      break;
    case Withheld::kAdvise:
      finding.reason = "Advising";
      finding.message = "decisions are reported and not applied; mode: Enforce applies them";
      break;
    case Withheld::kConflict:
      finding.reason = "Conflict";
      finding.message = inputs.target.other_scaler +
                        " scales the same target; decisions are reported until it is removed";
      break;
    case Withheld::kManualOverride:
      finding.reason = "ManualOverride";
      finding.message = "spec.replicas was set to " + std::to_string(inputs.target.replicas) +
                        " by somebody else, and stands for " +
                        json::format_duration(inputs.settings.drift_respected);
      break;
  }
  return finding;
}

Finding metrics_available(const Inputs& inputs, const Needs& needs) {
  Finding finding{.type = "MetricsAvailable", .status = ConditionStatus::kFalse};
  const int missing = inputs.observed.missing_pods;
  if (!needs.measured && inputs.target.replicas == 0) {
    finding = {finding.type, ConditionStatus::kTrue, "AtZero", "there is nobody to report"};
  } else if (!needs.measured) {
    finding.reason = "MetricsMissing";
    finding.message = "no pod reported its load; replicas are held";
  } else if (const Vote* failed = failed_vote(inputs); failed != nullptr) {
    finding.reason = "TriggerMetricsMissing";
    finding.message = "trigger " + failed->name + ": " + failed->problem +
                      "; replicas may grow and do not shrink";
  } else if (!needs.capacity_known) {
    finding.reason = "CapacityUnknown";
    finding.message =
        "what one replica can carry is not known yet; a capacity in the policy, or the engine's "
        "metrics port, would say";
  } else if (!needs.busyness_known) {
    finding.reason = "CapacityUnknown";
    finding.message =
        "how many requests one replica can carry is not known yet: replicas grow by the KV cache "
        "and do not shrink; it is learned from streamed answers, or said by capacity in the policy";
  } else if (missing > 0) {
    finding.status = ConditionStatus::kTrue;
    finding.reason = "PodsMissing";
    finding.message = "pods that did not report: " + std::to_string(missing) +
                      "; each counts as fully loaded before replicas shrink";
  } else {
    finding = {finding.type, ConditionStatus::kTrue, "Fresh", "every pod reports"};
  }
  return finding;
}

Finding capacity_starved(const Inputs& inputs, const Supply& supply) {
  if (supply.starved == 0) {
    return {"CapacityStarved", ConditionStatus::kFalse, "AsExpected",
            "no replica is past its start deadline"};
  }
  return {"CapacityStarved", ConditionStatus::kTrue, "StartDeadlineExceeded",
          std::to_string(supply.starved) + " of " + std::to_string(inputs.target.replicas) +
              " replicas did not start within " +
              json::format_duration(inputs.settings.start_deadline) +
              " and do not count as supply; look for Pending pods and what they wait for, or for "
              "why fewer pods were made than are asked for (a quota, an admission webhook)"};
}

Finding conflict(const Inputs& inputs) {
  const std::string& other = inputs.target.other_scaler;
  if (other.empty()) {
    return {"Conflict", ConditionStatus::kFalse, "NoOtherScaler", "nobody else scales the target"};
  }
  return {"Conflict", ConditionStatus::kTrue, "AnotherScaler",
          other + " scales the same target; remove it, or set mode: Advise"};
}

}  // namespace

const Vote* failed_vote(const Inputs& inputs) {
  const auto failed =
      std::ranges::find_if(inputs.votes, [](const Vote& vote) { return !vote.replicas; });
  return failed == inputs.votes.end() ? nullptr : &*failed;
}

std::vector<Finding> findings_of(const Inputs& inputs, const Needs& needs, const Supply& supply,
                                 Withheld withheld) {
  return {scaling_active(inputs, withheld), metrics_available(inputs, needs),
          capacity_starved(inputs, supply), conflict(inputs)};
}

}  // namespace penstock::autoscale

#include "operator/controllers/condition_events.h"

namespace penstock::controllers {
namespace {

using api::ConditionStatus;
using autoscale::Finding;

bool is_problem(const Finding& finding, bool measured) {
  if (finding.type == "ScalingActive") {  // what else withholds is a choice, or told below
    return finding.reason == "ManualOverride" || finding.reason == "WriteFailed" ||
           finding.reason == "TargetNotFound";
  }
  if (finding.type == "MetricsAvailable") {
    return finding.status == ConditionStatus::kFalse && measured;
  }
  return finding.status == ConditionStatus::kTrue;  // CapacityStarved, Conflict
}

}  // namespace

// Whether anything was measured before is not known.
void ConditionEvents::adopt(const std::vector<api::Condition>& conditions) {
  for (const api::Condition& condition : conditions) {
    const bool is_told = condition.type == "ScalingActive" || condition.type == "CapacityStarved" ||
                         condition.type == "Conflict";
    if (is_told && is_problem({condition.type, condition.status, condition.reason, ""}, false)) {
      told_[condition.type] = condition.reason;
    }
  }
}

std::vector<ConditionEvent> ConditionEvents::changes(const std::vector<Finding>& conditions) {
  std::vector<ConditionEvent> events;
  for (const Finding& finding : conditions) {
    measured_ = measured_ ||
                (finding.type == "MetricsAvailable" && finding.status == ConditionStatus::kTrue);
    const auto told = told_.find(finding.type);
    if (is_problem(finding, measured_)) {
      if (told == told_.end() || told->second != finding.reason) {
        told_[finding.type] = finding.reason;
        const bool warning = finding.reason != "ManualOverride";  // somebody meant it
        events.push_back({warning, finding.reason, finding.type + ": " + finding.message});
      }
    } else if (told != told_.end()) {
      events.push_back({false, finding.reason,
                        finding.type + ": " + finding.message + "; no longer " + told->second});
      told_.erase(told);
    }
  }
  return events;
}

}  // namespace penstock::controllers

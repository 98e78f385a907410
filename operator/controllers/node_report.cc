#include "operator/controllers/node_report.h"

#include <utility>

#include "operator/reconcile/status_of.h"

namespace penstock::controllers {

using api::NodeCapacityStatus;

NodeReport stated_nodes(const reconcile::Policy& policy) {
  const api::OptimizationPolicyStatus status = reconcile::status_of(policy);
  NodeReport report;
  if (status.autoscaling) {
    report.status = status.autoscaling->nodes;
  }
  for (const api::Condition& condition : status.conditions) {
    if (condition.type == kNodeCapacity || condition.type == kRolloutFits) {
      report.conditions.push_back(
          {condition.type, condition.status, condition.reason, condition.message});
    }
  }
  return report;
}

NodeReport without_plan(std::optional<NodeCapacityStatus> last, std::string reason,
                        std::string message) {
  return {.status = last ? std::move(*last) : NodeCapacityStatus{.reason = reason},
          .conditions = {{.type = kNodeCapacity,
                          .status = api::ConditionStatus::kFalse,
                          .reason = std::move(reason),
                          .message = std::move(message)}}};
}

}  // namespace penstock::controllers

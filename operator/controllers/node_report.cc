#include "operator/controllers/node_report.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/json/field.h"
#include "operator/capacity/documents.h"
#include "operator/capacity/provider.h"
#include "operator/reconcile/autoscaling_note.h"
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

void tell_not_removed(const reconcile::Policy& policy, const kube::ApiError& error,
                      NodeReport& report) {
  if (!error.refused()) {
    return;
  }
  const bool by_buffers =
      report.status && report.status->provider == json::name_of(api::NodeProvider::kCapacityBuffer);
  std::string message =
      "what keeps room on nodes is there still, since it cannot be deleted: " + error.message;
  if (error.forbidden()) {
    message += "; the chart's nodeCapacity gives that right";
  }
  message += "; or delete it by hand: kubectl -n " + policy.meta.ns +
             " delete --ignore-not-found " +
             (by_buffers ? "capacitybuffer,podtemplate" : "deployment");
  for (const char* suffix : {capacity::kHeadroom, capacity::kSpotHeadroom}) {
    message += " " + capacity::Placeholder{.policy = policy.meta, .suffix = suffix}.name();
  }
  report.conditions = {
      {kNodeCapacity, api::ConditionStatus::kFalse, reconcile::kNotRemoved, std::move(message)}};
}

std::vector<reconcile::AutoscalingNote::Stated> not_removed(const NodeReport& report) {
  std::vector<reconcile::AutoscalingNote::Stated> found;
  std::ranges::copy_if(report.conditions, std::back_inserter(found),
                       [](const auto& stated) { return stated.reason == reconcile::kNotRemoved; });
  return found;
}

}  // namespace penstock::controllers

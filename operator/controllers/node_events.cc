#include "operator/controllers/node_events.h"

#include <algorithm>
#include <string>
#include <utility>

#include "operator/capacity/surge.h"
#include "operator/controllers/node_wishes.h"

namespace penstock::controllers {

using api::ConditionStatus;
using api::NodeCapacityStatus;
using reconcile::Policy;
using Stated = reconcile::AutoscalingNote::Stated;

void NodeEvents::adopt(const NodeReport& before) {
  headroom_ = before.status ? before.status->headroom : 0;
  surge_ = std::ranges::any_of(before.conditions, [](const Stated& condition) {
    return condition.type == kRolloutFits && condition.status == ConditionStatus::kFalse;
  });
}

void NodeEvents::tell(const Policy& policy, const NodeSights& sights,
                      const NodeCapacityStatus& status, const capacity::PodShape& shape) {
  if (status.headroom != headroom_) {
    headroom_ = status.headroom;
    events_.record(kube::kPolicies, policy.meta, false, "HeadroomSet",
                   status.provider + ": room for " + std::to_string(status.headroom) +
                       " more replicas (" + gpus_text(status, shape) + "; " + status.reason + ")");
  }
  const auto interrupted = static_cast<int>(status.interrupted);
  if (interrupted > interrupted_) {
    events_.record(kube::kPolicies, policy.meta, true, "NodeInterrupted",
                   "node " + sights.interruption + " is about to go; room for " +
                       std::to_string(interrupted) + " replicas is asked for in its place");
  }
  interrupted_ = interrupted;
}

// A Deployment's rolling update makes pods beyond its replicas first: without room for them they
// buy nodes for the time of the rollout.
std::optional<Stated> NodeEvents::judge_surge(const Policy& policy, const TargetTemplate& made,
                                              int replicas, int free) {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  if (target.kind != "Deployment") {
    return std::nullopt;
  }
  const int surge = capacity::surge_of(made.spec, replicas);
  if (surge <= free) {
    surge_ = false;
    return Stated{kRolloutFits, ConditionStatus::kTrue, "SurgeFits",
                  "a rolling update finds room for its " + std::to_string(surge) +
                      " pods beyond the replicas"};
  }
  const std::string message =
      "a rolling update of Deployment " + target.name + " makes " + std::to_string(surge) +
      " pods beyond its replicas, of " + std::to_string(made.shape.gpus) + " " +
      made.shape.resource + " each, and nodes have room for " + std::to_string(free) +
      ": it would buy GPU nodes; set spec.strategy.rollingUpdate to maxSurge 0 and maxUnavailable "
      "1";
  if (!std::exchange(surge_, true)) {
    events_.record(kube::kPolicies, policy.meta, true, "SurgeNeedsNodes", message);
  }
  return Stated{kRolloutFits, ConditionStatus::kFalse, "SurgeNeedsNodes", message};
}

}  // namespace penstock::controllers

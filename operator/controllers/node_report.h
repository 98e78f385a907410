#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/api/node_capacity_status.h"
#include "operator/kube/api.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// The types of its conditions.
inline constexpr const char* kNodeCapacity = "NodeCapacity";
inline constexpr const char* kRolloutFits = "RolloutFits";

// What is said of a policy's nodes; nothing where it wants none.
struct NodeReport {
  std::optional<api::NodeCapacityStatus> status;
  std::vector<reconcile::AutoscalingNote::Stated> conditions;
};

// What the operator before, or this one a moment ago, wrote into the policy's status.
NodeReport stated_nodes(const reconcile::Policy& policy);

// Nobody can tell what is to be kept: what was kept is kept still, and the condition says why.
NodeReport without_plan(std::optional<api::NodeCapacityStatus> last, std::string reason,
                        std::string message);

// What is asked for no more could not be deleted: where that is refused, until somebody acts, the
// condition says so, and what to do. All else is only tried again.
void tell_not_removed(const reconcile::Policy& policy, const kube::ApiError& error,
                      NodeReport& report);

// What `report` says of that.
std::vector<reconcile::AutoscalingNote::Stated> not_removed(const NodeReport& report);

}  // namespace penstock::controllers

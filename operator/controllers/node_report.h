#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/api/node_capacity_status.h"
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

}  // namespace penstock::controllers

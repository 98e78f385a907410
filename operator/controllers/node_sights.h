#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/api/node_capacity_spec.h"
#include "operator/capacity/device_claims.h"
#include "operator/capacity/pod_shape.h"
#include "operator/capacity/room.h"
#include "operator/controllers/stores.h"
#include "operator/controllers/target_pods.h"

namespace penstock::controllers {

// Whether a pod's node was made after it: its start took a node's, too.
bool waited_for_node(const Stores& stores, const reconcile::Pod& pod);

struct NodeSights {
  std::vector<capacity::NodeSight> nodes;  // on which the target's pods may run, with such GPUs
  int replicas = 0;                        // pods of the target, wherever they are
  // A node with such a pod that is about to go, and what says so: "NODE (TAINT)"; empty: none.
  std::string interruption;
};

// What the stores know of nodes for the target's pods, which have this shape. `pool`: the one that
// is scaled, if any. `settled_since`: nodes made before then (RFC 3339, UTC) are no new ones.
// `claimed`: for a shape by claims, their devices.
NodeSights node_sights(const Stores& stores, const TargetPods& replicas,
                       const capacity::PodShape& shape,
                       const std::optional<api::NodePoolSpec>& pool,
                       const std::string& settled_since, const capacity::DeviceView& claimed = {});

}  // namespace penstock::controllers

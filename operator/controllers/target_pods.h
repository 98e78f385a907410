#pragma once

#include <optional>
#include <string>

#include "lib/api/label_selector.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// Which pods are the replicas of a policy's target, of those that the policy takes: it may take
// pods of several workloads, and only one of them is scaled. Pods of a Deployment or a StatefulSet
// are known by their owners, those of other kinds by what the target's /scale says that it selects;
// where that says nothing, all are. A pod without the sidecar serves, too, and says nothing.
struct TargetPods {
  const reconcile::Policy& policy;                    // REQUIRES: that it autoscales
  const std::optional<api::LabelSelector>& selected;  // by /scale; nothing: it does not say

  [[nodiscard]] bool has(const reconcile::Pod& pod) const { return owns(pod) && takes(pod); }
  // Whether it is the target's, and whether the policy takes it.
  [[nodiscard]] bool owns(const reconcile::Pod& pod) const;
  [[nodiscard]] bool takes(const reconcile::Pod& pod) const;
};

// Whether the pod's owner is this Deployment's ReplicaSet.
bool is_of_deployment(const std::string& deployment, const reconcile::Pod& pod);

}  // namespace penstock::controllers

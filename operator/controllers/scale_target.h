#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/api/label_selector.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

// What a policy scales, as it stands in the cluster.
namespace penstock::controllers {

// Whether replicas are somebody's business: the policy has a block for it that is not Off.
bool is_autoscaled(const reconcile::Policy& policy);

// "Deployment engine", "Model.example.com engine": whose replicas, in the policy's namespace.
std::string described(const api::ScaleTargetSpec& target);

// The live object, as far as it matters.
struct LiveTarget {
  std::string path;    // of its part "scale"
  std::string object;  // the path of the whole; empty: it is watched
  std::string uid;
  std::string created;           // RFC 3339, UTC
  std::string resource_version;  // empty: whichever
  int replicas = 0;
  std::vector<kube::FieldOwner> replica_owners;  // of one that is watched: who says how many
  std::optional<api::LabelSelector> pods;        // of another: its own, as its /scale says
};

// Nothing: it is not there, or serves no /scale. Deployments and StatefulSets are watched anyway;
// anything else is asked.
kube::ApiResult<std::optional<LiveTarget>> find_target(const Stores& stores, kube::Client& client,
                                                       kube::Discovery& discovery,
                                                       const reconcile::Policy& policy);

// Which object else scales it: a HorizontalPodAutoscaler, or an older policy. Empty: none; others
// are told by ForeignScaler.
std::string other_scaler(const Stores& stores, const reconcile::Policy& policy);

}  // namespace penstock::controllers

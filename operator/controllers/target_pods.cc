#include "operator/controllers/target_pods.h"

#include "lib/api/selects.h"
#include "operator/capacity/documents.h"
#include "operator/reconcile/hold.h"

namespace penstock::controllers {

using reconcile::Pod;

namespace {

bool is_targets(const TargetPods& pods, const Pod& pod) {
  const api::ScaleTargetSpec& target = pods.policy.parsed.autoscaling->target;
  if (target.api_version == "apps/v1" && target.kind == "Deployment") {
    return is_of_deployment(target.name, pod);
  }
  if (target.api_version == "apps/v1" && target.kind == "StatefulSet") {
    return pod.owner_kind == "StatefulSet" && pod.owner_name == target.name;
  }
  return !pods.selected || api::selects(*pods.selected, pod.meta.labels);
}

}  // namespace

bool TargetPods::takes(const Pod& pod) const {
  return api::selects(policy.parsed.selector, pod.meta.labels);
}

bool TargetPods::owns(const Pod& pod) const {
  return pod.meta.ns == policy.meta.ns && !pod.finished && !pod.meta.deleting &&
         !reconcile::is_hold(pod.meta) &&
         !pod.meta.labels.contains(capacity::kHeadroomLabel) &&  // a selector may say "not in"
         is_targets(*this, pod);
}

bool is_of_deployment(const std::string& deployment, const Pod& pod) {
  return pod.owner_kind == "ReplicaSet" && kube::is_made_of(deployment, pod.owner_name);
}

}  // namespace penstock::controllers

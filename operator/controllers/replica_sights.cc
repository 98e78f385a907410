#include "operator/controllers/replica_sights.h"

#include <chrono>
#include <optional>
#include <utility>

#include "operator/controllers/node_sights.h"
#include "operator/kube/timestamp.h"
#include "operator/reconcile/accelerator.h"
#include "operator/reconcile/sequences_max.h"

namespace penstock::controllers {

using autoscale::time_of;
using reconcile::Pod;
using reconcile::Ptr;

namespace {

// `now` where it does not say.
autoscale::Time stated(const std::string& timestamp, autoscale::Time now) {
  const auto time = kube::time_of(timestamp);
  return time ? time_of(*time) : now;
}

// Of the template that a pod was made from, as its controller labels it: a Deployment, a
// StatefulSet or an Argo Rollout. Empty: its controller does none of that.
std::string revision_of(const Pod& pod) {
  for (const char* label :
       {"pod-template-hash", "controller-revision-hash", "rollouts-pod-template-hash"}) {
    if (const auto found = pod.meta.labels.find(label); found != pod.meta.labels.end()) {
      return found->second;
    }
  }
  return {};
}

// As the target's template says it, for all of its pods: what those of an older revision were told
// nobody keeps.
std::optional<double> told_sequences(const Stores& stores, const reconcile::Policy& policy) {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  const bool is_known = target.api_version == "apps/v1" &&
                        (target.kind == "Deployment" || target.kind == "StatefulSet");
  if (!is_known) {
    return std::nullopt;
  }
  const auto& workloads = target.kind == "Deployment" ? stores.deployments : stores.stateful_sets;
  const auto found = workloads.find(policy.meta.ns, target.name);
  const auto told = found == nullptr ? std::nullopt : reconcile::sequences_max(found->pods);
  return told ? std::optional(static_cast<double>(*told)) : std::nullopt;
}

}  // namespace

std::vector<autoscale::PodSight> ReplicaSights::look(const Stores& stores,
                                                     const collect::Collector& collector,
                                                     const TargetPods& replicas,
                                                     autoscale::Time now) {
  std::vector<autoscale::PodSight> sights;
  std::map<std::string, autoscale::PodMeter> meters;
  const std::optional<double> sequences_max = told_sequences(stores, replicas.policy);
  pods_.clear();
  present_ = 0;
  for (const Ptr<Pod>& pod : stores.pods.list(replicas.policy.meta.ns)) {
    if (!replicas.owns(*pod)) {
      continue;
    }
    ++present_;
    if (!replicas.takes(*pod)) {
      continue;
    }
    pods_.push_back(pod);
    autoscale::PodSight shown{.name = pod->meta.name};
    shown.created = stated(pod->meta.created, now);
    shown.revision = revision_of(*pod);
    if (pod->ready) {
      shown.ready_since = stated(pod->ready_since, now);
    }
    if (const auto node = stores.nodes.find("", pod->node); node != nullptr) {
      shown.accelerator = reconcile::accelerator_of(node->meta.labels);
    }
    shown.path =
        waited_for_node(stores, *pod) ? autoscale::StartPath::kNode : autoscale::StartPath::kPod;
    // By the uid: a pod of the same name may be another one.
    autoscale::PodMeter meter;
    if (const auto known = meters_.find(pod->meta.uid); known != meters_.end()) {
      meter = std::move(known->second);
    }
    if (const auto sample = collector.sample(pod->meta.key()); sample != nullptr) {
      meter.take(time_of(sample->received), {sample, &sample->report});
    }
    shown.signals = meter.at(now);
    shown.limits = meter.limits();
    shown.limits.sequences_max = sequences_max;
    meters.emplace(pod->meta.uid, std::move(meter));
    sights.push_back(std::move(shown));
  }
  meters_ = std::move(meters);
  return sights;
}

}  // namespace penstock::controllers

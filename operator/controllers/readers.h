#pragma once

#include "lib/json/text.h"
#include "operator/reconcile/node.h"
#include "operator/reconcile/world.h"

// API objects to what decisions look at. Foreign objects are read without trust: what is absent or
// malformed is left empty.
namespace penstock::controllers {

reconcile::Policy read_policy(const json::Value& object);
reconcile::Document read_tier(const json::Value& object);
reconcile::Document read_table(const json::Value& object);
reconcile::Workload read_deployment(const json::Value& object);
reconcile::Workload read_stateful_set(const json::Value& object);
// Without its shape, which is another question.
reconcile::Pod read_pod(const json::Value& object);
// Of an object that has the metadata and spec of a pod.
reconcile::PodTemplate read_template(const json::Value& object);
// Of a kind that a cluster is not asked for: DaemonSet, ReplicaSet, Job, CronJob and the like.
reconcile::Workload read_other_workload(const json::Value& object);
// A pod that no controller made, as its own workload.
reconcile::Workload read_bare_pod(const json::Value& object);
reconcile::Service read_service(const json::Value& object);
reconcile::EndpointSlice read_endpoint_slice(const json::Value& object);

reconcile::Node read_node(const json::Value& object);

struct Namespace {
  kube::ObjectMeta meta;
  std::string pod_security;  // the level that is enforced; empty: no label says
};
Namespace read_namespace(const json::Value& object);

// Who else sets the replicas of something.
struct PodAutoscaler {
  kube::ObjectMeta meta;
  std::string target_kind;
  std::string target_name;
};
PodAutoscaler read_pod_autoscaler(const json::Value& object);

}  // namespace penstock::controllers

#pragma once

#include "operator/controllers/config_map.h"
#include "operator/controllers/policies_in_force.h"
#include "operator/controllers/readers.h"
#include "operator/kube/object_store.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// Called with the namespace and labels of what changed, before and now.
struct StoreChanges {
  std::function<void(const reconcile::Policy*, const reconcile::Policy*)> policy;
  std::function<void(const reconcile::Document*, const reconcile::Document*)> tier;
  std::function<void(const reconcile::Document*, const reconcile::Document*)> table;
  std::function<void(const reconcile::Workload*, const reconcile::Workload*)> workload;
  std::function<void(const reconcile::Pod*, const reconcile::Pod*)> pod;
  std::function<void(const reconcile::Service*, const reconcile::Service*)> service;
  std::function<void(const reconcile::EndpointSlice*, const reconcile::EndpointSlice*)> slice;
  std::function<void(const ConfigMap*, const ConfigMap*)> config_map;
  std::function<void(const Namespace*, const Namespace*)> name_space;
  std::function<void(const PodAutoscaler*, const PodAutoscaler*)> pod_autoscaler;
  std::function<void(const reconcile::Node*, const reconcile::Node*)> node;
};

// The operator's copy of the cluster: nothing is read from the API server beside these.
struct Stores {
  explicit Stores(const StoreChanges& changes)
      : policies([this, changed = changes.policy](const reconcile::Policy* before,
                                                  const reconcile::Policy* now) {
          in_force.follow(before, now);
          if (changed) {
            changed(before, now);
          }
        }),
        tiers(changes.tier),
        tables(changes.table),
        deployments(changes.workload),
        stateful_sets(changes.workload),
        pods(changes.pod),
        services(changes.service),
        slices(changes.slice),
        config_maps(changes.config_map),
        namespaces(changes.name_space),
        pod_autoscalers(changes.pod_autoscaler),
        nodes(changes.node) {}

  [[nodiscard]] bool complete() const {
    return policies.complete() && tiers.complete() && tables.complete() && deployments.complete() &&
           stateful_sets.complete() && pods.complete() && services.complete() &&
           slices.complete() && config_maps.complete() && namespaces.complete() &&
           pod_autoscalers.complete();
  }

  kube::ObjectStore<reconcile::Policy> policies;
  PoliciesInForce in_force;  // of these
  kube::ObjectStore<reconcile::Document> tiers;
  kube::ObjectStore<reconcile::Document> tables;
  kube::ObjectStore<reconcile::Workload> deployments;
  kube::ObjectStore<reconcile::Workload> stateful_sets;
  kube::ObjectStore<reconcile::Pod> pods;
  kube::ObjectStore<reconcile::Service> services;
  kube::ObjectStore<reconcile::EndpointSlice> slices;
  kube::ObjectStore<ConfigMap> config_maps;
  kube::ObjectStore<Namespace> namespaces;
  kube::ObjectStore<PodAutoscaler> pod_autoscalers;
  // Only kept once a policy autoscales; never in an operator for one namespace, which may not.
  kube::ObjectStore<reconcile::Node> nodes;
};

}  // namespace penstock::controllers

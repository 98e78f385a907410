#pragma once

#include <functional>
#include <string>

#include "operator/controllers/stores.h"
#include "operator/kube/workers.h"

namespace penstock::control {

// What a change of any object means for the work queue: which policies, tiers and tables have to be
// looked at. Keys are "namespace/kind:name".
class WorkKeys {
 public:
  explicit WorkKeys(kube::Workers& workers) : workers_(workers) {}

  // REQUIRES: called once, before anything changes; the stores outlive every change.
  void attach(const controllers::Stores& stores) { stores_ = &stores; }

  controllers::StoreChanges changes();
  void add_all();
  void add_policy(const std::string& ns, const std::string& name);
  void add_hold(const std::string& ns, const std::string& name);

  // A policy's replicas: a key of its own, since that is looked at each second.
  static constexpr const char* kAutoscaling = "Autoscaling";
  static constexpr const char* kHold = "Hold";

 private:
  // Every policy of the namespace that `concerns` takes.
  void add_policies(const std::string& ns,
                    const std::function<bool(const reconcile::Policy&)>& concerns);
  // Each that is gone, and whose sidecars were not told of it.
  void add_gone(const std::vector<reconcile::Ptr<reconcile::Pod>>& pods);
  // Of who holds requests for those that scale to zero.
  void add_holds(const std::string& ns);
  // Where it has to do with replicas, or had.
  void add_autoscaling(const reconcile::Policy* before, const reconcile::Policy* now);
  void policy_changed(const reconcile::Policy* before, const reconcile::Policy* now);
  void workload_changed(const reconcile::Workload* before, const reconcile::Workload* now);
  // Every policy that takes an object as it was or as it is.
  template <class T, class Takes>
  void add_taking(const T* before, const T* now, const Takes& takes);
  void add_references(const reconcile::Policy& policy);

  kube::Workers& workers_;
  const controllers::Stores* stores_ = nullptr;
};

struct WorkKey {
  std::string ns;
  std::string kind;  // "OptimizationPolicy", "CacheTier", "RoutingTable", "Autoscaling", "Hold"
  std::string name;
};
WorkKey parse_key(const std::string& key);

}  // namespace penstock::control

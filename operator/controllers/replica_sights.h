#pragma once

#include <map>
#include <string>
#include <vector>

#include "operator/autoscale/pod_meter.h"
#include "operator/autoscale/scaler.h"
#include "operator/collect/collector.h"
#include "operator/controllers/stores.h"
#include "operator/controllers/target_pods.h"

namespace penstock::controllers {

// What the autoscaler sees of one target's replicas: how long they are there, where they run, and
// what their sidecars say. Threads: not safe.
class ReplicaSights {
 public:
  std::vector<autoscale::PodSight> look(const Stores& stores, const collect::Collector& collector,
                                        const TargetPods& replicas, autoscale::Time now);

  // Of the last look.
  [[nodiscard]] const std::vector<reconcile::Ptr<reconcile::Pod>>& pods() const { return pods_; }
  // Of the last look: these, and the target's that the policy does not take.
  [[nodiscard]] int present() const { return present_; }

 private:
  std::map<std::string, autoscale::PodMeter> meters_;  // by the pod's uid
  std::vector<reconcile::Ptr<reconcile::Pod>> pods_;
  int present_ = 0;
};

}  // namespace penstock::controllers

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/api/autoscaling_spec.h"
#include "operator/autoscale/decision.h"
#include "operator/collect/collector.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/reconcile/world.h"

// Who goes first when a ReplicaSet shrinks: the annotation
// controller.kubernetes.io/pod-deletion-cost on its pods. Best effort, as the ReplicaSet's own
// minding of it.
namespace penstock::controllers {

// The annotation of one pod. Beside it stands one of our own with the same value, so that what
// somebody else has set is told apart, and left.
struct CostChange {
  std::string pod;
  std::string cost;  // empty: both go

  bool operator==(const CostChange&) const = default;
};

struct CostQuestion {
  std::vector<reconcile::Ptr<reconcile::Pod>> pods;       // of the target, without those that leave
  std::vector<reconcile::Ptr<reconcile::Pod>> elsewhere;  // all others that are known
  std::map<std::string, double> cache_values;             // by pod, where known: tokens/s saved
  int keep = 0;                                           // how many of `pods` shall stay
};

// What to change so that those go that should: see choose_victims().
std::vector<CostChange> deletion_costs(const CostQuestion& question);

// What to change so that no pod has a cost of ours.
std::vector<CostChange> no_deletion_costs(const std::vector<reconcile::Ptr<reconcile::Pod>>& pods);

struct VictimQuestion {
  const std::string& ns;
  const std::vector<reconcile::Ptr<reconcile::Pod>>& pods;  // that the policy takes and that stay
  const autoscale::Decision& decision;
  const api::ScaleTargetSpec& target;
};

// Keeps the costs of one target's pods: set before replicas shrink, gone once they have.
// Threads: not safe.
class VictimMarks {
 public:
  // False: costs have just been set, and replicas are to wait for the next look: the ReplicaSet's
  // controller has to see them first. They never wait twice.
  kube::ApiResult<bool> mark(kube::Client& client, const Stores& stores,
                             const collect::Collector& collector, const VictimQuestion& question);

 private:
  bool waited_ = false;
};

}  // namespace penstock::controllers

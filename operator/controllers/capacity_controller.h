#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/autoscale/scaler.h"
#include "operator/capacity/headroom.h"
#include "operator/capacity/pod_shape.h"
#include "operator/capacity/providers.h"
#include "operator/controllers/claimed_devices.h"
#include "operator/controllers/node_report.h"
#include "operator/controllers/node_sights.h"
#include "operator/controllers/pool_keepers.h"
#include "operator/controllers/stores.h"
#include "operator/controllers/target_template.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"
#include "operator/kube/events.h"
#include "operator/kube/workers.h"

namespace penstock::controllers {

// Whether nodes are to be prepared: the policy has a block for it that is not Off.
bool wants_nodes(const reconcile::Policy& policy);

// What the autoscaler says of the replicas to come.
struct NodeDemand {
  autoscale::NodeForecast forecast;
  int desired = 0;   // at this moment
  int replicas = 0;  // that the target asks for as of now: their pods may not be there yet
  // It is about to be asked for them, and may refuse. Their room is given up for the try; where the
  // next look counts others, it is asked for again, and nothing is remembered of them.
  bool tentative = false;
  autoscale::Withheld withheld = autoscale::Withheld::kNo;  // why that is not asked of the target
  std::optional<api::LabelSelector> pods;                   // TargetPods::selected
};

// Keeps room on GPU nodes for the replicas to come, by whoever makes nodes. It never deletes one.
// Threads: any, but one at a time for one policy.
class CapacityController {
 public:
  // How often a policy's nodes are looked at.
  static constexpr std::chrono::milliseconds kPeriod{2'000};
  // How often what has not changed is asked for again: somebody may have changed or removed it.
  static constexpr std::chrono::milliseconds kAgain{15'000};

  CapacityController(const Stores& stores, kube::Client& client, kube::Discovery& discovery,
                     kube::EventRecorder& events, const clock::Clock& clock,
                     const reconcile::Settings& settings,
                     std::unique_ptr<Background> background = std::make_unique<BackgroundThread>());
  ~CapacityController();

  // REQUIRES: a policy without errors that is autoscaled. Between two looks it says what the last
  // one saw.
  NodeReport look(const reconcile::Policy& policy, const NodeDemand& demand);

  // A policy ("namespace/name") that is scaled no more, or is gone (null): what was asked for in
  // its name is taken back. Of one that is gone, the API server removes it.
  kube::WorkOutcome release(const std::string& key, const reconcile::Policy* policy);

  // What was seen is not known any more, as at the start: another operator leads, or did. What was
  // asked for stands, and is known by the status.
  void forget_all();

  // What stands while that does not succeed, who keeps it, and why.
  NodeReport still_kept(const reconcile::Policy& policy);

 private:
  struct Held;

  std::shared_ptr<Held> held(const reconcile::Policy& policy);
  NodeReport judge(const reconcile::Policy& policy, const NodeDemand& demand, Held& held);
  // Nothing: what it takes has just been asked for.
  std::optional<kube::ApiResult<NodeSights>> look_at_nodes(const reconcile::Policy& policy,
                                                           const NodeDemand& demand,
                                                           const capacity::PodShape& shape);
  kube::ApiResult<capacity::Standing> ask(const reconcile::Policy& policy,
                                          const api::NodeCapacitySpec& spec, capacity::Wish wish,
                                          Held& held);
  void judge_surge(const reconcile::Policy& policy, const api::NodeCapacityStatus& status,
                   int replicas, Held& held, NodeReport& report);
  kube::ApiError not_allowed(const reconcile::Policy& policy, kube::ApiError error, Held& held);
  kube::ApiResult<void> take_back(const reconcile::Policy& policy, Held& held);

  const Stores& stores_;
  kube::EventRecorder& events_;
  const clock::Clock& clock_;
  const capacity::Providers providers_;
  ClaimedDevices claimed_;
  TargetTemplateReader templates_;
  PoolKeepers pools_;
  sync::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Held>> held_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/autoscale/pod_meter.h"
#include "operator/autoscale/scaler.h"
#include "operator/collect/collector.h"
#include "operator/controllers/autoscaling_board.h"
#include "operator/controllers/capacity_controller.h"
#include "operator/controllers/hold_controller.h"
#include "operator/controllers/pod_metrics.h"
#include "operator/controllers/replica_writer.h"
#include "operator/controllers/scale_target.h"
#include "operator/controllers/scaled_target.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"
#include "operator/kube/events.h"
#include "operator/kube/workers.h"

namespace penstock::controllers {

// Who is told of what the autoscaler does. Threads: any, one at a time for one policy.
class AutoscalingObserver {
 public:
  AutoscalingObserver() = default;
  virtual ~AutoscalingObserver() = default;
  AutoscalingObserver(const AutoscalingObserver&) = delete;
  AutoscalingObserver& operator=(const AutoscalingObserver&) = delete;

  // `conditions`: the decision's, with what became of it.
  virtual void decided(const autoscale::DecisionRecord& record, autoscale::LeadTime lead,
                       const std::vector<autoscale::Finding>& conditions) = 0;
  // What is kept ahead for a policy ("namespace/name") on nodes; nothing: it wants none.
  virtual void prepared(const std::string& policy,
                        const std::optional<api::NodeCapacityStatus>& nodes) = 0;
  // The board says something new of a policy.
  virtual void published(const std::string& ns, const std::string& name) = 0;
  // A policy ("namespace/name") is scaled no more, or has nothing to scale.
  virtual void forgotten(const std::string& policy) = 0;
};

// Looks at one policy's target each second, decides, and sets its replicas.
// Threads: any, but one at a time for one policy.
class AutoscalingController {
 public:
  static constexpr std::chrono::milliseconds kPeriod{1'000};
  // How soon a target that is not there, or serves no /scale, is looked for again.
  static constexpr std::chrono::milliseconds kTargetPause{10'000};

  AutoscalingController(const Stores& stores, kube::Client& client, kube::Discovery& discovery,
                        kube::EventRecorder& events, const collect::Collector& collector,
                        HoldController& hold, AutoscalingBoard& board, CapacityController& capacity,
                        const clock::Clock& clock, AutoscalingObserver& observer);
  ~AutoscalingController();

  kube::WorkOutcome reconcile(const std::string& ns, const std::string& name);

  // What was seen and learned is not known any more, as at the start: another operator leads, or
  // did, and has changed what this one would take for a person's doing.
  void forget_all();

 private:
  std::shared_ptr<ScaledTarget> running(const reconcile::Policy& policy);
  kube::WorkOutcome end(const std::string& key, const reconcile::Policy* policy);
  autoscale::Sight sight(const reconcile::Policy& policy, const LiveTarget& live,
                         ScaledTarget& running);
  [[nodiscard]] bool may_write(const reconcile::Policy& policy,
                               const autoscale::Decision& decision);
  kube::WorkOutcome target_missing(const reconcile::Policy& policy);
  void tell(const reconcile::Policy& policy, const autoscale::DecisionRecord& record,
            const ReplicaWriter::Done& done, ScaledTarget& running);
  bool tell_change(const reconcile::Policy& policy, const autoscale::Decision& decision, bool set,
                   ScaledTarget& running);
  void tell_events(const reconcile::Policy& policy,
                   const std::vector<autoscale::Finding>& conditions, ScaledTarget& running);
  [[nodiscard]] NodeDemand node_demand(const reconcile::Policy& policy,
                                       const autoscale::Decision& decision, int replicas,
                                       const ScaledTarget& running) const;
  void publish(const reconcile::Policy& policy, reconcile::AutoscalingNote note);

  const Stores& stores_;
  kube::Client& client_;
  kube::Discovery& discovery_;
  kube::EventRecorder& events_;
  const collect::Collector& collector_;
  HoldController& hold_;
  AutoscalingBoard& board_;
  CapacityController& capacity_;
  const clock::Clock& clock_;
  AutoscalingObserver& observer_;
  PodMetrics pod_metrics_;
  sync::Mutex mutex_;
  std::map<std::string, std::shared_ptr<ScaledTarget>> running_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers

#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/collect/collector.h"
#include "operator/controllers/autoscaling_board.h"
#include "operator/controllers/config_writer.h"
#include "operator/controllers/evictions.h"
#include "operator/controllers/pod_notices.h"
#include "operator/controllers/status_writer.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/events.h"
#include "operator/kube/workers.h"
#include "operator/reconcile/decide.h"

namespace penstock::controllers {

// Brings one OptimizationPolicy at a time to what decide() says: gathers its world from the stores,
// and writes the ConfigMap first, then the pods' annotations, then status and events.
// Threads: any, but one key at a time (kube::Workers sees to that).
class PolicyController {
 public:
  // A pod that is ready for so long is known to whoever leads traffic to it.
  static constexpr std::chrono::seconds kTrafficKnown{30};
  // A status waits for the first word of sidecars that were not asked before, at most so long: what
  // an operator that has just started does not know yet is no news.
  static constexpr std::chrono::milliseconds kFirstWord{5'000};
  // When a disruption budget that allowed no eviction is asked again.
  static constexpr std::chrono::milliseconds kEvictionPause{5'000};

  PolicyController(const Stores& stores, kube::Client& client, kube::EventRecorder& events,
                   collect::Collector& collector, const AutoscalingBoard& board,
                   const clock::Clock& clock, reconcile::Settings settings)
      : stores_(stores),
        client_(client),
        events_(events),
        collector_(collector),
        board_(board),
        clock_(clock),
        settings_(std::move(settings)),
        configs_(stores, client, events, clock),
        notices_(stores, client, clock),
        evictions_(client, events),
        statuses_(client, clock) {}

  kube::WorkOutcome reconcile(const std::string& ns, const std::string& name);

  // What was seen of all policies, as at the start: another operator leads, or did.
  void forget_all();

  // What sidecars said is not known any more: their first word is waited for once more.
  void ask_anew();

 private:
  // The policy is gone, and its ConfigMap with it, whose owner it was, or soon will be.
  kube::WorkOutcome end(const std::string& ns, const std::string& name);
  [[nodiscard]] reconcile::World gather(const reconcile::Ptr<reconcile::Policy>& policy) const;
  // What is known of the policy's ConfigMap.
  void gather_config(reconcile::World& world) const;
  // Whether all of them have been asked before, whatever came of it.
  bool ask_sidecars(const reconcile::World& world, const std::string& hash);
  // How long a policy's status waits yet, some of whose sidecars have not been asked.
  std::chrono::milliseconds await_first_word(const std::string& policy, bool all_asked);
  void forget(const std::string& policy);
  // The policy's documents could not be written: where that is for somebody to mend, its status
  // says so.
  kube::WorkOutcome not_delivered(reconcile::World world, const kube::ApiError& error);
  // Tells pods of what is delivered. Where that is refused, `plan` says so from here on.
  PodNotices::Told notify(reconcile::World& world, reconcile::Plan& plan);
  kube::WorkOutcome finish_status(const reconcile::Policy& policy, const reconcile::Plan& plan);

  const Stores& stores_;
  kube::Client& client_;
  kube::EventRecorder& events_;
  collect::Collector& collector_;
  const AutoscalingBoard& board_;
  const clock::Clock& clock_;
  const reconcile::Settings settings_;
  ConfigWriter configs_;
  PodNotices notices_;
  Evictions evictions_;
  StatusWriter statuses_;
  sync::Mutex mutex_;
  // By policy: how long its first status waits for the first word of its sidecars.
  std::map<std::string, clock::Instant> first_word_until_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers

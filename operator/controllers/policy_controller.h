#pragma once

#include <functional>
#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
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
  // What sidecars last said of themselves, by "namespace/name" of their pods.
  using Reports = std::function<std::map<std::string, reconcile::SidecarReport>(
      const std::vector<reconcile::Ptr<reconcile::Pod>>& pods)>;
  // Whether this replica may write at this moment.
  using Leads = std::function<bool()>;

  // At most one write of a status in this time; a first change is written at once.
  static constexpr std::chrono::milliseconds kStatusPause{1'000};

  PolicyController(const Stores& stores, kube::Client& client, kube::EventRecorder& events,
                   const clock::Clock& clock, reconcile::Settings settings, Reports reports,
                   Leads leads)
      : stores_(stores),
        client_(client),
        events_(events),
        clock_(clock),
        settings_(std::move(settings)),
        reports_(std::move(reports)),
        leads_(std::move(leads)) {}

  kube::WorkOutcome reconcile(const std::string& ns, const std::string& name);

 private:
  [[nodiscard]] reconcile::World gather(const reconcile::Ptr<reconcile::Policy>& policy) const;
  kube::ApiResult<void> write_config(const reconcile::Policy& policy, const reconcile::Plan& plan);
  kube::ApiResult<void> tell_pods(const reconcile::Policy& policy, const reconcile::Plan& plan);
  kube::ApiResult<void> write_status(const reconcile::Policy& policy, const json::Value& status);
  kube::WorkOutcome finish_status(const reconcile::Policy& policy, const reconcile::Plan& plan);
  void forget(const std::string& key);

  const Stores& stores_;
  kube::Client& client_;
  kube::EventRecorder& events_;
  const clock::Clock& clock_;
  const reconcile::Settings settings_;
  const Reports reports_;
  const Leads leads_;
  sync::Mutex mutex_;
  std::map<std::string, clock::Instant> status_written_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers

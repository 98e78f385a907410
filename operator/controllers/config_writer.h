#pragma once

#include <chrono>
#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/controllers/growing_pause.h"
#include "operator/controllers/kept_configs.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/events.h"
#include "operator/reconcile/decide.h"

namespace penstock::controllers {

// Writes the ConfigMap that a policy's sidecars read, and puts it back where somebody has edited
// it. Threads: any, but one at a time for one policy.
class ConfigWriter {
 public:
  ConfigWriter(const Stores& stores, kube::Client& client, kube::EventRecorder& events,
               const clock::Clock& clock)
      : stores_(stores), client_(client), events_(events), clock_(clock) {}

  // How long an edited ConfigMap stands yet before it is restored; zero: none does.
  std::chrono::milliseconds pause_of_restore(const reconcile::Policy& policy,
                                             const reconcile::Plan& plan);

  // Nothing is written where the plan has nothing new, nor for a policy that is being deleted.
  kube::ApiResult<void> write(const reconcile::Policy& policy, const reconcile::Plan& plan);

  // What was delivered last for a policy ("namespace/name"), by this process; nullptr: that is not
  // known.
  [[nodiscard]] reconcile::Ptr<reconcile::DeliveredConfig> last_delivered(
      const std::string& policy) const;

  // A policy ("namespace/name") that is gone.
  void forget(const std::string& policy);

  // The reason of the error where somebody else's has its name.
  static constexpr const char* kNotOurs = "AlreadyExists";

 private:
  // Whether the ConfigMap at `path` was written for this policy. `seen`: as the store has it;
  // nullptr: it has none. An error, too, where somebody else's is there.
  kube::ApiResult<bool> is_written_for(const reconcile::Policy& policy, const std::string& path,
                                       const ConfigMap* seen);

  kube::ApiResult<void> put(const reconcile::Policy& policy, const reconcile::Plan& plan);
  // What stands in the ConfigMap now.
  void keep(const reconcile::Policy& policy, const reconcile::Plan& plan);
  [[nodiscard]] bool has_kept(const std::string& policy, const std::string& hash) const;

  const Stores& stores_;
  kube::Client& client_;
  kube::EventRecorder& events_;
  const clock::Clock& clock_;
  mutable sync::Mutex mutex_;
  std::map<std::string, GrowingPause> restores_ PENSTOCK_GUARDED_BY(mutex_);  // by policy
  KeptConfigs kept_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers

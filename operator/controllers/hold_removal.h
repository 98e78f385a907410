#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/controllers/growing_pause.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/workers.h"

namespace penstock::controllers {

// Deletes what held requests for a policy (reconcile/hold.h) that needs nobody any more. Where that
// is refused, as after a chart upgrade that took its right away, it is tried again after a growing
// pause. Threads: any, but one at a time for one policy.
class HoldRemoval {
 public:
  // How often pods that hold for nobody any more are looked at, until they have ended.
  static constexpr std::chrono::milliseconds kEnded{5'000};

  HoldRemoval(const Stores& stores, kube::Client& client, const clock::Clock& clock)
      : stores_(stores), client_(client), clock_(clock) {}

  // `pods_hold`: some of its pods have not ended yet, and what they hold goes on by its Service.
  kube::WorkOutcome remove(const reconcile::Policy& policy, bool pods_hold);

  // A policy ("namespace/name") that needs it again, or is gone.
  void forget(const std::string& policy);
  void forget_all();

  // Whether anything of it is there.
  [[nodiscard]] bool stands(const reconcile::Policy& policy) const;
  // Why it may not be deleted, and what to do; empty: it may. nullopt: nobody has tried yet.
  [[nodiscard]] std::optional<std::string> problem(const reconcile::Policy& policy) const;

 private:
  struct Try {
    std::string problem;  // empty: it was not refused
    GrowingPause pause;
  };

  // What is there of it, by path, in the order in which it goes: the Service last.
  [[nodiscard]] std::vector<std::string> objects(const reconcile::Policy& policy) const;
  std::chrono::milliseconds pause(const std::string& policy);
  kube::WorkOutcome failed(const std::string& policy, const kube::ApiError& error);

  const Stores& stores_;
  kube::Client& client_;
  const clock::Clock& clock_;
  mutable sync::Mutex mutex_;
  std::map<std::string, Try> tries_ PENSTOCK_GUARDED_BY(mutex_);  // the last one, by policy
};

}  // namespace penstock::controllers

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/autoscale/hold_meter.h"
#include "operator/collect/collector.h"
#include "operator/controllers/hold_removal.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"
#include "operator/kube/workers.h"
#include "operator/reconcile/hold.h"

namespace penstock::controllers {

// Whether the last replica of its target may go, so that somebody has to hold what comes then.
bool uses_hold(const reconcile::Policy& policy);

// Keeps what holds requests for policies that scale to zero (reconcile/hold.h), and lets it stand
// in the users' Service while nothing else does. Threads: any, but one at a time for one policy.
class HoldController {
 public:
  // What is in an EndpointSlice for so long is known to whoever leads traffic.
  static constexpr std::chrono::milliseconds kKnown{3'000};
  // Pods that take requests are given so long to say the first word.
  static constexpr std::chrono::milliseconds kFirstWord{5'000};

  // What the autoscaler has to know.
  struct Standing {
    int held = 0;        // requests that wait
    bool ready = false;  // somebody would hold further ones
    bool known = true;   // false: nobody has looked or answered yet, so what was said last stands
    std::string reason;  // of the condition
    std::string message;
    std::optional<std::chrono::milliseconds> unheld;  // that nobody would has been known for
  };

  // `changed` is called where a policy has to be looked at again.
  HoldController(const Stores& stores, kube::Client& client, collect::Collector& collector,
                 const clock::Clock& clock, reconcile::Settings settings,
                 std::function<void(const std::string& ns, const std::string& name)> changed)
      : stores_(stores),
        client_(client),
        collector_(collector),
        clock_(clock),
        settings_(std::move(settings)),
        changed_(std::move(changed)),
        removal_(stores, client, clock) {}

  kube::WorkOutcome reconcile(const std::string& ns, const std::string& name);

  // What was seen is not known any more, as at the start: another operator leads, or did.
  void forget_all();

  [[nodiscard]] Standing standing(const reconcile::Policy& policy);

  // What held for a policy that needs nobody any more.
  [[nodiscard]] const HoldRemoval& removal() const { return removal_; }

  // Whether it should stand in the Service beside replicas that are there still. True: it does, and
  // everybody knows.
  bool stand_in(const reconcile::Policy& policy, bool wanted);

  // For whom the collector asks the pods that hold for a policy ("namespace/name"); no policy's
  // key.
  static std::string owner(const std::string& policy) { return kOwnerPrefix + policy; }
  static bool is_owner(const std::string& text) { return text.starts_with(kOwnerPrefix); }

 private:
  static constexpr const char* kOwnerPrefix = "hold:";  // no namespace begins so

  // One that ends takes no further requests, but keeps what it has.
  struct Holder {
    autoscale::HoldMeter meter;
    bool takes = false;
    clock::Instant takes_since{};
  };
  struct State {
    std::string service;
    std::string reason;  // why nobody holds; empty: somebody does
    std::string message;
    std::map<std::string, Holder> pods;  // by "namespace/name"
    bool looked = false;                 // what is above is known
    bool wanted = false;
    std::optional<clock::Instant> since;         // it has stood in the Service
    std::optional<clock::Instant> unheld_since;  // that nobody would hold is known
  };

  // What `standing` says, but for `unheld`.
  Standing judge(const std::string& name, State& state) PENSTOCK_REQUIRES(mutex_);
  void forget(const std::string& key);
  // The pods that hold for it, or have held and not ended yet.
  [[nodiscard]] std::vector<reconcile::Ptr<reconcile::Pod>> hold_pods(
      const reconcile::Policy& policy) const;
  kube::WorkOutcome refuse(const std::string& key, std::string reason, std::string message);
  kube::ApiResult<void> keep_objects(const reconcile::Policy& policy,
                                     const reconcile::HeldService& held);
  // Looks for the pods that hold, and has them asked. Those that take further requests.
  std::vector<reconcile::HoldPod> ask_pods(const reconcile::Policy& policy);
  kube::ApiResult<void> keep_slice(const reconcile::Policy& policy,
                                   const reconcile::HeldService& held,
                                   std::vector<reconcile::HoldPod> pods);

  const Stores& stores_;
  kube::Client& client_;
  collect::Collector& collector_;
  const clock::Clock& clock_;
  const reconcile::Settings settings_;
  const std::function<void(const std::string& ns, const std::string& name)> changed_;
  HoldRemoval removal_;
  sync::Mutex mutex_;
  std::map<std::string, State> states_ PENSTOCK_GUARDED_BY(mutex_);  // by policy
};

}  // namespace penstock::controllers

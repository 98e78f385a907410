#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/sync/mutex.h"
#include "operator/kube/client.h"
#include "operator/kube/events.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// Evicts pods by the Eviction API, which minds disruption budgets, and remembers the last one of
// each policy: the next waits for what comes in its place. An edit of the policy forgets it, which
// is for an owner that has since been made smaller, and so does another operator.
class Evictions {
 public:
  Evictions(kube::Client& client, kube::EventRecorder& events) : client_(client), events_(events) {}

  struct Outcome {
    bool held = false;                    // every one that could go is held by its budget
    std::optional<kube::ApiError> error;  // of one that failed for another reason; none went
  };

  // The first of `candidates` that may go; none after one that is gone already, that may have gone,
  // or for which the server had no time.
  Outcome evict_one(const reconcile::Policy& policy,
                    const std::vector<reconcile::Eviction>& candidates);
  // What `world` is to know of them.
  void tell(reconcile::World& world) const;
  void forget(const std::string& policy);
  void forget_all();

 private:
  struct Memory {
    std::string uid;  // of the policy
    std::int64_t generation = 0;
    std::optional<reconcile::Eviction> last;
    std::vector<std::string> held;
    std::string failure;  // what the server said of the first that failed: "a: why"

    [[nodiscard]] bool is_of(const reconcile::Policy& policy) const {
      return uid == policy.meta.uid && generation == policy.meta.generation;
    }
  };

  // Of the pod that was meant, not of another of its name.
  kube::ApiResult<void> evict(const reconcile::Policy& policy,
                              const reconcile::Eviction& candidate);
  void remember(const reconcile::Policy& policy, std::optional<reconcile::Eviction> last,
                std::vector<std::string> held, std::string failure);

  kube::Client& client_;
  kube::EventRecorder& events_;
  mutable sync::Mutex mutex_;
  std::map<std::string, Memory> memory_ PENSTOCK_GUARDED_BY(mutex_);  // by policy
};

}  // namespace penstock::controllers

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/controllers/growing_pause.h"
#include "operator/controllers/reminders.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"

namespace penstock::controllers {

// Whether the pod runs what a policy delivered to it; judged of those whose policy is gone.
[[nodiscard]] bool is_to_be_told_of_the_end(const reconcile::Pod& pod);

// Annotates pods whose ConfigMap has changed: a changed pod makes its kubelet look at its volumes
// at once instead of within a minute and more. One that cannot be annotated holds up no other: the
// first error comes after the last pod. Threads: any, but one at a time for one policy.
class PodNotices {
 public:
  static constexpr auto kAgain = Reminders::kFirst;

  struct Told {
    std::optional<kube::ApiError> error;  // the first that is no refusal
    std::vector<std::string> refused;     // pods, by the server's rules, now or before; sorted
    std::string why;                      // of the first of these
    std::optional<std::chrono::milliseconds> again_in;  // one of these is tried again then
  };

  PodNotices(const Stores& stores, kube::Client& client, const clock::Clock& clock)
      : stores_(stores), client_(client), clock_(clock) {}

  // So many may fail in one round, after which it ends; who failed before comes last in the next.
  static constexpr std::size_t kFailuresMost = 32;

  // That version `hash` is delivered to the pods of `policy`. Those that are refused are tried
  // again less and less often.
  Told tell(const kube::ObjectMeta& policy, std::vector<std::string> pods, const std::string& hash);
  // Those that still run another, each when it is due: a kubelet that read its volumes just before
  // the ConfigMap reached it would wait for its next round.
  kube::ApiResult<void> remind(const std::string& ns, const std::vector<std::string>& pods,
                               const std::string& hash);
  // That the policy's ConfigMap is gone, to every pod that it gave a sidecar. True: call it once
  // more after kAgain, since a kubelet may have heard of the pod before it heard of the ConfigMap.
  kube::ApiResult<bool> tell_of_the_end(const std::string& ns, const std::string& policy);
  // A policy ("namespace/name") that is gone.
  void forget(const std::string& policy);

 private:
  struct Refusal {
    GrowingPause pause;
    std::string why;
  };
  using Refusals = std::map<std::string, Refusal>;  // by pod

  struct Round {
    Refusals refused;
    std::vector<std::string> failed;
    std::size_t failures = 0;
    Told told;
    bool ended = false;
  };

  void tell_one(const std::string& ns, const std::string& pod, const std::string& hash,
                Round& round);
  bool waits(const std::string& pod, Round& round) const;
  Refusals take_refused(const std::string& policy, const std::vector<std::string>& pods);
  kube::ApiResult<void> annotate(const std::string& ns, const std::string& pod,
                                 const std::string& name, const std::string& value);
  void put_last(const std::string& policy, std::vector<std::string>& pods);
  void remember(const std::string& policy, Round round);
  bool is_due(const std::string& pod, const std::string& hash);
  kube::ApiResult<void> remind_now(const std::string& ns, const std::string& pod);

  const Stores& stores_;
  kube::Client& client_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  Reminders reminders_ PENSTOCK_GUARDED_BY(mutex_);
  // By policy: pods that could not be told when last tried, without those that are refused.
  std::map<std::string, std::set<std::string>> failed_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, Refusals> refused_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/api/label_selector.h"
#include "lib/api/policy_status.h"
#include "operator/reconcile/advice.h"
#include "operator/reconcile/older_policies.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// Pods whose sidecar, of one release, refuses the newest version.
struct Refusal {
  std::vector<std::string> pods;
  std::string a_current;  // one of these that is made as new ones are; empty: none is
  RestartNeeds current;   // who holds those
  RestartNeeds outdated;  // and the others
};

// The pods of a policy, sorted by what is to be said of them. Names, not more than are shown.
struct PodCensus {
  api::PodCountsStatus counts;
  std::vector<std::string> plain;        // selected, without the sidecar
  RestartNeeds restart;                  // who holds these and the outdated
  std::vector<std::string> outdated;     // with a sidecar of an older injection
  std::vector<std::string> unreachable;  // whose sidecar does not answer
  std::vector<std::string> failing;      // whose sidecar does not start, and why: "a (OOMKilled)"
  std::vector<std::string> waiting;      // whose sidecar is not known to run this version
  std::vector<std::string> stale;        // of these: it answers, its kubelet was told, and it lags
  std::map<std::string, Refusal> refused;  // by the sidecar's release
  std::vector<std::string> unproven;       // something else answers on the sidecar's port
  std::vector<std::string> silent;         // nothing answers the operator on the sidecar's port
  bool can_be_asked = true;                // there; else they need certificates, which it has not
  std::vector<std::int64_t> data_ports;    // where sidecars take requests
  std::vector<std::int64_t> status_ports;  // where they are asked
  std::vector<std::string> bypassed;       // a Service leads to their engine, past the sidecar
  std::vector<std::string> bypassed_by;    // these: "chat (port 18000)"
  std::vector<std::string> behind;         // whose kubelet was not told of the newest version
  std::vector<std::string> taken;          // selected, but an older policy's
  std::vector<std::string> taken_by;       // those policies
  std::vector<std::string> left_over;      // with the policy's sidecar, but not its pods any more
  RestartNeeds left_over_restart;          // who holds these
  std::vector<Eviction> replaceable;       // plain or outdated, and a lasting owner makes it anew:
                                           // one of each workload, one that is not ready if any is
  std::map<std::string, std::int64_t> down;  // by workload: how many of those are not ready
  bool judged_later = false;         // the traffic of pods that are too young for it is amiss
  std::vector<std::string> unready;  // of all that stay, but for those that are down
  std::vector<std::string> leaving;
};

// `hash`: what sidecars are to run; `injection`: what new pods are made with;
// empty: with nothing, so that none is outdated.
PodCensus count_pods(const World& world, const api::LabelSelector& selector,
                     const OlderPolicies& older, const std::string& hash,
                     const std::string& injection);

}  // namespace penstock::reconcile

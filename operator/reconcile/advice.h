#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/api/label_selector.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names);

// Who holds pods that lack the sidecar of today, by what gives it to them.
struct RestartNeeds {
  std::vector<std::string> rollouts;  // "deployment/chat": kubectl rollout restart takes their kind
  std::vector<std::string> pods;      // their owner makes them anew once they are deleted
  std::vector<std::string> by_hand;   // "pod/a", "job/b": whoever deletes one has to make it anew
};

// What to do about all of them: commands work as they are pasted. Bounded.
std::string restart_advice(const std::string& ns, const RestartNeeds& needs);

// The same where the operator itself replaces what will be made anew. `awaited`: what the next one
// waits for; may be empty.
std::string replacement_advice(const RestartNeeds& needs, const std::string& awaited);

// Both of two, each once.
RestartNeeds both(RestartNeeds needs, const RestartNeeds& more);

// "a; b", or one where the other is empty.
std::string joined_advice(std::string text, const std::string& more);

// What to do about pods whose sidecar does not start: "a (OOMKilled)".
std::string failing_advice(const std::string& ns, const std::vector<std::string>& failing);

// The NetworkPolicy that lets the operator ask the sidecars of `policy`, on their status port and
// where clients come to them, as JSON for kubectl apply.
std::string network_policy(const kube::ObjectMeta& policy, const api::LabelSelector& selector,
                           const std::vector<std::int64_t>& status_ports,
                           const std::vector<std::int64_t>& data_ports, const Settings& settings);

}  // namespace penstock::reconcile

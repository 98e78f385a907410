#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/policy_status.h"
#include "operator/reconcile/config_content.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

struct PlannedEvent {
  bool warning = false;
  std::string reason;
  std::string message;
};

// What is to be written, and nothing else is.
struct Plan {
  api::OptimizationPolicyStatus status;
  // The ConfigMap's new content; nothing: leave the one that is there.
  std::optional<ConfigContent> config;
  // What sidecars are to run, as files, where that was found to be good.
  std::map<std::string, std::string> documents;
  // Pods whose kubelet is to be told of what stands in the ConfigMap.
  std::vector<std::string> tell;
  // Pods whose kubelet was told and whose sidecar still runs another version: to be told again.
  std::vector<std::string> remind;
  // One of these is to be evicted, so that its controller makes it anew with the sidecar of today:
  // the first that its disruption budget lets go.
  std::vector<Eviction> evict;
  std::vector<PlannedEvent> events;
  // Something is amiss with the traffic of pods that are too young to be judged by it.
  bool judge_later = false;
};

// The one decision about a policy: pure and level-based, so the same world always gives the same
// plan. What is wrong in a policy or its references keeps what was last good: the delivered
// documents and the injection stay as they are.
Plan decide(const World& world, const Settings& settings);

}  // namespace penstock::reconcile

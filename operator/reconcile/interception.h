#pragma once

#include <optional>
#include <string>

#include "lib/api/enums.h"
#include "lib/api/policy_binding.h"
#include "lib/api/policy_status.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// How the sidecar gets between the pods that a policy selects and their clients or, where they are
// clients themselves, their model APIs.
struct Interception {
  api::InterceptionMode mode = api::InterceptionMode::kAuto;
  std::optional<api::PortSwapStatus> ports;           // in front of an engine that says its port
  std::string redirects;                              // the engine's container; its port stays
  std::optional<api::ProbeMoveStatus> probes;         // of such an engine
  std::optional<api::EnvironmentStatus> environment;  // of clients
  api::PassThrough to;                                // where calls go that no table routes
  bool engine_has_pre_stop = false;  // of some workload's; admission leaves such a hook alone
};

struct InterceptionFinding {
  std::optional<Interception> choice;
  std::string reason;   // CamelCase, why there is none
  std::string message;  // what to do, for a person
};

// Reads workloads and Services; what they do not say for certain is refused, never guessed. All
// workloads whose pods the policy has must have one shape, since admission rewrites pods without
// knowing whose they are.
InterceptionFinding choose_interception(const World& world, const Settings& settings);

}  // namespace penstock::reconcile

#pragma once

#include <string>

#include "lib/api/policy_status.h"

namespace penstock::control {

// What a policy's status says of its replicas and nodes, as a person would tell it, in lines.
// REQUIRES: it is autoscaled.
std::string explain(const std::string& policy, const api::OptimizationPolicyStatus& status);

}  // namespace penstock::control

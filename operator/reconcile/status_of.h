#pragma once

#include "lib/api/policy_status.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// What a policy's status said when the policy was read: this operator's words, or those of the one
// before.
api::OptimizationPolicyStatus status_of(const Policy& policy);

}  // namespace penstock::reconcile

#pragma once

#include "lib/api/policy_status.h"
#include "operator/reconcile/conditions.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// Puts what the autoscaler says into a policy's status and conditions. What was said last, in
// `before`, stands until it has looked again.
void state_autoscaling(const World& world, const api::OptimizationPolicyStatus& before,
                       Conditions& conditions, api::OptimizationPolicyStatus& status);

}  // namespace penstock::reconcile

#pragma once

#include <string_view>

#include "lib/api/policy_status.h"
#include "operator/reconcile/conditions.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// The reason of a condition that speaks of what was made in a policy's name, is needed no more, and
// may not be deleted.
inline constexpr const char* kNotRemoved = "NotRemoved";

// The reason of ScalingActive where it would be True but for a policy that has errors, and of which
// this operator has seen no version without.
inline constexpr const char* kInvalid = "Invalid";

// Puts what the autoscaler says into a policy's status and conditions. What was said last, in
// `before`, stands until it has looked again; of a policy that is scaled no more, until what was
// kept in its name, on nodes or to hold requests, is taken back.
void state_autoscaling(const World& world, const api::OptimizationPolicyStatus& before,
                       Conditions& conditions, api::OptimizationPolicyStatus& status);

// Whether the autoscaler itself makes Events of such a condition: when what is wrong begins, and
// when it is over.
bool is_told_by_autoscaler(std::string_view type);

}  // namespace penstock::reconcile

#pragma once

#include <vector>

#include "operator/autoscale/decision.h"
#include "operator/autoscale/live_target.h"
#include "operator/autoscale/needs.h"

namespace penstock::autoscale {

// A trigger of which nobody knows what it asks for; null: there is none.
const Vote* failed_vote(const Inputs& inputs);

// ScalingActive, MetricsAvailable, CapacityStarved and Conflict, always all four. The messages say
// what to do.
std::vector<Finding> findings_of(const Inputs& inputs, const Needs& needs, const Supply& supply,
                                 Withheld withheld);

}  // namespace penstock::autoscale

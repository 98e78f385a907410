#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/api/policy_status.h"
#include "operator/autoscale/decision_record.h"
#include "operator/reconcile/world.h"

// What a policy's status says of a decision, beside its conditions.
namespace penstock::controllers {

// The decision's conditions with what became of it: `problem` keeps its replicas from being
// written, `unmarkable` pods from being marked as the first to go. Empty: nothing does.
std::vector<autoscale::Finding> with_outcome(std::vector<autoscale::Finding> conditions,
                                             const std::string& problem,
                                             const std::string& unmarkable);

// Nothing: no forecast was made. Three digits: more would be news each minute without telling more.
std::optional<api::ScalingForecastStatus> forecast_status(const autoscale::Inputs& inputs);

// What so many replicas cost in an hour, in USD; nothing: their price is not known.
std::optional<std::string> usd_per_hour(const autoscale::Budget& budget, int replicas);

// What an operator before this one said, where it spoke of the policy's target of now; else
// nothing. REQUIRES: a policy that is autoscaled.
api::OptimizationPolicyStatus said_before(const reconcile::Policy& policy);

// Whether an operator before this one took the last replica away, as far as the status tells: a
// zero of a person's is no decision.
bool has_set_to_zero(const api::OptimizationPolicyStatus& status);

// Since when replicas stand that somebody else set, as far as the status tells (RFC 3339, UTC);
// empty: none do.
std::string overridden_since(const api::OptimizationPolicyStatus& status);

}  // namespace penstock::controllers

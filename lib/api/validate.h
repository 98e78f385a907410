#pragma once

#include <vector>

#include "lib/api/cache_tier.h"
#include "lib/api/optimization_policy.h"
#include "lib/api/policy_binding.h"
#include "lib/api/routing_table.h"
#include "lib/json/strictness.h"

// Rules across the fields of one document; what one field alone must keep to stands in its table.
// REQUIRES: a spec that was read without errors. Errors are appended.
namespace penstock::api {

void validate(const OptimizationPolicySpec& spec, std::vector<json::FieldError>& errors);
void validate(const CacheTierSpec& spec, std::vector<json::FieldError>& errors);
void validate(const RoutingTableSpec& spec, std::vector<json::FieldError>& errors);
void validate(const PolicyBindingSpec& spec, std::vector<json::FieldError>& errors);
// The part spec.autoscaling of a policy.
void validate_autoscaling(const AutoscalingSpec& spec, std::vector<json::FieldError>& errors);

}  // namespace penstock::api

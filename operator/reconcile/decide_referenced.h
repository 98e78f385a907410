#pragma once

#include <cstdint>

#include "lib/api/policy_status.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// The status of a CacheTier or RoutingTable that `policies` policies refer to.
api::ReferencedStatus decide_referenced(const Document& document, std::uint32_t policies,
                                        const std::string& now);

}  // namespace penstock::reconcile

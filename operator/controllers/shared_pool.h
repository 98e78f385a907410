#pragma once

#include <string>

#include "operator/controllers/stores.h"

namespace penstock::controllers {

// The older policy ("namespace/name") that sizes the same pool of nodes. Empty: none. Each of two
// would take the other's replicas for somebody else's and the other's room for its own: they would
// grow and shrink the pool against each other for ever, or wait for the same node.
// A pool of Karpenter's is the cluster's; any other is taken for one in the policy's namespace.
std::string older_pool_keeper(const Stores& stores, const reconcile::Policy& policy);

}  // namespace penstock::controllers

#pragma once

#include <functional>
#include <vector>

#include "lib/telemetry/registry.h"
#include "operator/kube/object_store.h"
#include "operator/reconcile/world.h"

namespace penstock::control {

// Registers what the statuses of policies say: penstock_policy_condition and penstock_policy_pods.
// They are read at each scrape, as the API server has them, so nothing is kept of a policy that is
// gone; a few labels for each policy that the store holds, and nothing where `leads` is false:
// another replica shows them. Threads: any. They go with the handles; `policies` outlives these.
[[nodiscard]] std::vector<telemetry::GaugeHandle> policy_gauges(
    telemetry::Registry& registry, const kube::ObjectStore<reconcile::Policy>& policies,
    std::function<bool()> leads);

}  // namespace penstock::control

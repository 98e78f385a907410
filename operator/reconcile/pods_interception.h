#pragma once

#include <optional>
#include <string>

#include "operator/reconcile/engines.h"
#include "operator/reconcile/interception.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// How pods of one shape are intercepted; interception.h says what several workloads agree on.

InterceptionFinding refused(std::string reason, std::string message);

// Whether the namespace is known to admit no init container with NET_ADMIN.
bool forbids_redirect(const World& world);

// Why the sidecar would get no request out of the engine. Nothing: it would.
std::optional<InterceptionFinding> out_of_reach(const EngineShape& shape);

InterceptionFinding interception_of(const World& world, const PodTemplate& pods,
                                    const Settings& settings);

// What the policy says by itself, where there are no pods to look at. Nothing: it does not say
// enough.
std::optional<InterceptionFinding> interception_told(const Policy& policy,
                                                     const Settings& settings);

}  // namespace penstock::reconcile

#pragma once

#include <optional>
#include <string>

#include "operator/reconcile/interception.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// How pods of one shape are intercepted; interception.h says what several workloads agree on.

// Reasons why what was injected before would break new pods, or have them forbidden.
inline constexpr const char* kEngineTls = "EngineTls";
inline constexpr const char* kEngineAddress = "EngineAddress";
inline constexpr const char* kPodSecurity = "PodSecurity";  // only where that was a redirect

InterceptionFinding refused(std::string reason, std::string message);

InterceptionFinding interception_of(const World& world, const PodTemplate& pods,
                                    const Settings& settings);

// What the policy says by itself, where there are no pods to look at. Nothing: it does not say
// enough.
std::optional<InterceptionFinding> interception_told(const Policy& policy,
                                                     const Settings& settings);

}  // namespace penstock::reconcile

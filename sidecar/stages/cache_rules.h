#pragma once

#include <string>

#include "lib/resolve/resolved_policy.h"

// What of a policy is part of a cache key, as short texts that differ where it does.
namespace penstock::stages {

// Whom a call by this route asks: a route of the same name that leads elsewhere gives other
// answers. Fallbacks are not in it, and their answers are not kept.
[[nodiscard]] std::string target_of(const resolve::ResolvedPolicy& policy,
                                    const resolve::Route& route);

// All that decides without the body's being read again. REQUIRES: the policy caches.
[[nodiscard]] std::string rules_of(const resolve::ResolvedPolicy& policy);

}  // namespace penstock::stages

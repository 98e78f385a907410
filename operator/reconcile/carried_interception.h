#pragma once

#include <optional>

#include "operator/reconcile/interception.h"

namespace penstock::reconcile {

// What the running pods of a policy were given, by its status: pods that carry the sidecar do not
// show what they were before. Nothing: that is not known, or the policy asks for something else by
// now.
std::optional<Interception> carried_interception(const Policy& policy, const Settings& settings);

// Whether what new pods are given, by its status, is for the pods that the policy selects now: of
// others nothing is known by it.
bool selects_as_before(const Policy& policy);

}  // namespace penstock::reconcile

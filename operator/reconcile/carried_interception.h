#pragma once

#include <optional>

#include "operator/reconcile/interception.h"

namespace penstock::reconcile {

// What new pods of a policy are given, by its status, whatever the policy says now. Nothing: that
// is not known.
std::optional<Interception> interception_before(const Policy& policy, const Settings& settings);

// What its running pods were given, by the same: pods that carry the sidecar do not show what they
// were before. Nothing: that is not known, or the policy asks for something else by now.
std::optional<Interception> carried_interception(const Policy& policy, const Settings& settings);

// Whether what new pods are given, by its status, is for the pods that the policy selects now: of
// others nothing is known by it.
bool selects_as_before(const Policy& policy);

}  // namespace penstock::reconcile

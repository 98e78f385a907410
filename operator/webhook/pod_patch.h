#pragma once

#include "lib/api/injection_status.h"
#include "lib/json/text.h"

namespace penstock::webhook {

// The name of the sidecar's container: by it injection is told.
inline constexpr const char* kSidecarName = "penstock-sidecar";

// Whether a policy with this injection puts its sidecar into the pod: selected, by no older policy,
// not opted out, with a network of its own, and without a sidecar so far.
bool concerns(const api::InjectionStatus& injection, const json::Value& pod);

// The JSON patch (RFC 6902) that puts it in; empty where the pod cannot be led through a sidecar
// with certainty. Pods made by it equal those that the admission policy makes of the same
// injection.
json::Value pod_patch(const json::Value& pod, const api::InjectionStatus& injection);

}  // namespace penstock::webhook

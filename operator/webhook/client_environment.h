#pragma once

#include <cstddef>

#include "lib/api/injection_status.h"
#include "lib/json/text.h"
#include "operator/webhook/patch.h"

namespace penstock::webhook {

// Tells every container of a client's pod, also those that run before the others, that its model
// APIs are at the sidecar. False, and nothing is added: a container names another API than it
// should, may do so out of sight, or takes a proxy. `first`: how many of the init containers are
// ours. The admission policy (charts/penstock/templates/inject.yaml) does the same, case for case.
bool set_environment(const json::Value& pod, const api::EnvironmentStatus& environment,
                     std::size_t first, Patch& patch);

}  // namespace penstock::webhook

#pragma once

#include "lib/api/injection_status.h"
#include "lib/json/text.h"
#include "operator/webhook/patch.h"

namespace penstock::webhook {

// Tells every container of a client's pod that its model APIs are at the sidecar. Nothing is added
// where a container names another API than it should, or may do so out of sight.
// The admission policy (charts/penstock/templates/inject.yaml) does the same, case for case.
void set_environment(const json::Value& pod, const api::EnvironmentStatus& environment,
                     Patch& patch);

}  // namespace penstock::webhook

#pragma once

#include "lib/json/text.h"

namespace penstock::capacity {

// How many pods a rolling update of a Deployment with this `spec` may have beyond its replicas, as
// the Deployment controller counts: a percentage rounds up, and 25 % is the default.
int surge_of(const json::Value& deployment_spec, int replicas);

}  // namespace penstock::capacity

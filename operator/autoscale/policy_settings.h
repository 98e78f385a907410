#pragma once

#include "lib/api/autoscaling_spec.h"
#include "operator/autoscale/scaler.h"

namespace penstock::autoscale {

// What a policy's autoscaling block asks for, its defaults filled in.
ScalerSettings settings_of(const api::AutoscalingSpec& spec);

}  // namespace penstock::autoscale

#pragma once

#include <string_view>

#include "lib/result/result.h"
#include "operator/autoscale/policy_settings.h"
#include "operator/autoscale/scaler.h"

namespace penstock::simulate {

// What the first OptimizationPolicy of a file (YAML or JSON) that has an autoscaling block asks of
// the scaler, as if its mode were Enforce. Errors name every path.
Result<autoscale::ScalerSettings> read_policy_file(std::string_view text,
                                                   const autoscale::ZoneOf& zone_of);

}  // namespace penstock::simulate

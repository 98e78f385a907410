#pragma once

#include <string_view>

#include "lib/result/result.h"
#include "operator/autoscale/scaler.h"

namespace penstock::simulate {

// What a policy file (YAML or JSON, one document) asks of the scaler: the settings of a decision,
// and beside them `percentile`, `capacity` and `panicWindow`. Absent fields keep their defaults,
// unknown ones are errors. Errors name every path.
Result<autoscale::ScalerSettings> read_policy_file(std::string_view text);

}  // namespace penstock::simulate

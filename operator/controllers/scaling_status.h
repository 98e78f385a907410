#pragma once

#include <optional>
#include <string>

#include "lib/api/autoscaling_status.h"
#include "operator/autoscale/decision_record.h"

// What a policy's status says of a decision, beside its conditions.
namespace penstock::controllers {

// Nothing: no forecast was made. Three digits: more would be news each minute without telling more.
std::optional<api::ScalingForecastStatus> forecast_status(const autoscale::Inputs& inputs);

// What so many replicas cost in an hour, in USD; nothing: their price is not known.
std::optional<std::string> usd_per_hour(const autoscale::Budget& budget, int replicas);

}  // namespace penstock::controllers

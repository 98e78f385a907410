#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/api/autoscaling_spec.h"
#include "operator/autoscale/scaler.h"

namespace penstock::autoscale {

// A time zone by its name; nullptr: there is none.
using ZoneOf = std::function<std::shared_ptr<const zoneinfo::TimeZone>(const std::string& name)>;

// What a policy's autoscaling block asks for, its defaults filled in. A schedule in a zone that is
// none is left out: see zone_errors().
ScalerSettings settings_of(const api::AutoscalingSpec& spec, const ZoneOf& zone_of);

// "path message" of each schedule whose time zone is not known.
std::vector<std::string> zone_errors(const api::AutoscalingSpec& spec, const ZoneOf& zone_of);

}  // namespace penstock::autoscale

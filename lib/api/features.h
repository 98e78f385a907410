#pragma once

#include <string_view>

namespace penstock::api {

// Whether this build's field tables know what a PolicyBinding `requires`: a field as
// "OptimizationPolicy.spec.caching.ttl" (list indexes left out), or one choice of it as
// "CacheTier.spec.type=Memory". The tables are the only list of features.
bool is_known_feature(std::string_view feature);

}  // namespace penstock::api

#pragma once

#include <memory>
#include <vector>

#include "sidecar/ports/cache_tier.h"

namespace penstock::stages {

// The tiers of a policy, in order. They outlive every snapshot that names them.
using Tiers = std::vector<std::shared_ptr<ports::CacheTier>>;

}  // namespace penstock::stages

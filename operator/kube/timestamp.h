#pragma once

#include <string>

#include "lib/clock/clock.h"

namespace penstock::kube {

// RFC 3339 in UTC: to the second, as conditions have it, and to the microsecond, as Leases and
// Events do.
std::string timestamp(clock::WallTime time);
std::string timestamp_micros(clock::WallTime time);

}  // namespace penstock::kube

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/clock/clock.h"

namespace penstock::kube {

// RFC 3339 in UTC: to the second, as conditions have it, and to the microsecond, as Leases and
// Events do.
std::string timestamp(clock::WallTime time);
std::string timestamp_micros(clock::WallTime time);

// What "2026-01-31T12:00:00Z" says; nothing: it is written otherwise.
std::optional<clock::WallTime> time_of(std::string_view text);

}  // namespace penstock::kube

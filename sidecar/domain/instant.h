#pragma once

#include <chrono>

namespace penstock::domain {

// A point in time as pure code takes it: passed in, never read. The same type as clock::Instant.
using Instant = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

}  // namespace penstock::domain

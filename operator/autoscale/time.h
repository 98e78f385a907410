#pragma once

#include <chrono>
#include <cstdint>

// Time as the autoscaler takes it: always from its caller, so that a recorded day replays.
namespace penstock::autoscale {

using std::chrono::milliseconds;

// UTC, milliseconds since the Unix epoch. What is written into decision lines holds it as a number
// of milliseconds, in members called `…_ms`.
using Time = std::chrono::sys_time<milliseconds>;

constexpr Time time_of(std::int64_t ms) {
  return Time(milliseconds(ms));
}

// Of a wall clock, which may be finer.
template <class Duration>
constexpr Time time_of(std::chrono::sys_time<Duration> time) {
  return std::chrono::floor<milliseconds>(time);
}

constexpr std::int64_t ms_of(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace penstock::autoscale

#include "operator/autoscale/schedule.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace penstock::autoscale {
namespace {

using std::chrono::days;

constexpr minutes kDay{24 * 60};

// Whether the occurrence that begins on the day `start` holds at `now`.
bool holds(const WeeklyFloor& floor, std::chrono::sys_days start, Time now, milliseconds lead) {
  const std::size_t weekday = std::chrono::weekday(start).c_encoding();
  if (!floor.weekdays.test(weekday)) {
    return false;
  }
  const minutes length =
      floor.until > floor.from ? floor.until - floor.from : floor.until - floor.from + kDay;
  const Time begins = start + floor.from;
  return begins - lead <= now && now < begins + length;
}

}  // namespace

int scheduled_floor(std::span<const WeeklyFloor> floors, Time now, minutes utc_offset,
                    milliseconds lead) {
  const Time local = now + utc_offset;
  const auto today = std::chrono::floor<days>(local);
  const auto last = std::chrono::floor<days>(local + std::max(lead, milliseconds(0)));
  int largest = 0;
  for (const WeeklyFloor& floor : floors) {
    // Since yesterday: it may have begun before midnight.
    for (auto start = today - days(1); start <= last; start += days(1)) {
      if (holds(floor, start, local, std::max(lead, milliseconds(0)))) {
        largest = std::max(largest, floor.replicas);
      }
    }
  }
  return largest;
}

}  // namespace penstock::autoscale

#include "operator/autoscale/schedule.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace penstock::autoscale {
namespace {

using std::chrono::days;
using std::chrono::local_days;

constexpr minutes kDay{24 * 60};

const zoneinfo::TimeZone& zone_of(const WeeklyFloor& floor) {
  static const zoneinfo::TimeZone kUtc;
  return floor.zone == nullptr ? kUtc : *floor.zone;
}

local_days day_in(const zoneinfo::TimeZone& zone, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return local_days(std::chrono::floor<days>(seconds.time_since_epoch() + zone.offset_at(seconds)));
}

// Whether the occurrence that begins on the day `start` holds at `now`.
bool holds(const WeeklyFloor& floor, local_days start, Time now, milliseconds lead) {
  const std::size_t weekday = std::chrono::weekday(start).c_encoding();
  if (!floor.weekdays.test(weekday)) {
    return false;
  }
  const minutes until = floor.until > floor.from ? floor.until : floor.until + kDay;
  const zoneinfo::TimeZone& zone = zone_of(floor);
  return zone.first(start + floor.from) - lead <= now && now < zone.last(start + until);
}

}  // namespace

int scheduled_floor(std::span<const WeeklyFloor> floors, Time now, milliseconds lead) {
  lead = std::max(lead, milliseconds(0));
  int largest = 0;
  for (const WeeklyFloor& floor : floors) {
    const zoneinfo::TimeZone& zone = zone_of(floor);
    const local_days last = day_in(zone, now + lead);
    // Since yesterday: it may have begun before midnight.
    for (local_days start = day_in(zone, now) - days(1); start <= last; start += days(1)) {
      if (holds(floor, start, now, lead)) {
        largest = std::max(largest, floor.replicas);
      }
    }
  }
  return largest;
}

}  // namespace penstock::autoscale

#pragma once

#include <bitset>
#include <memory>
#include <span>

#include "lib/zoneinfo/time_zone.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

using std::chrono::minutes;

// A floor on replicas at hours that come back every week, by the clocks of a place. Where these are
// set back, an hour that comes twice counts as one long one; where they are set forward, what would
// begin or end in the hour that is skipped does so at the skip.
struct WeeklyFloor {
  std::bitset<7> weekdays;  // on which it begins; 0 is Sunday
  minutes from{0};          // of the day, 0 … 24 h
  minutes until{0};         // the same; at or before `from`: of the next day
  int replicas = 0;
  std::shared_ptr<const zoneinfo::TimeZone> zone;  // nullptr: UTC

  bool operator==(const WeeklyFloor&) const = default;
};

// The largest floor that holds at `now`: from `from`, up to but without `until`. `lead` brings each
// one forward, so that replicas are there in time and not only asked for. 0: none holds.
int scheduled_floor(std::span<const WeeklyFloor> floors, Time now, milliseconds lead);

}  // namespace penstock::autoscale

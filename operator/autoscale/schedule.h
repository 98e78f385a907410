#pragma once

#include <bitset>
#include <span>

#include "operator/autoscale/time.h"

namespace penstock::autoscale {

using std::chrono::minutes;

// A floor on replicas at hours that come back every week, in local time at a fixed distance from
// UTC: the caller knows of time zones and their summers.
struct WeeklyFloor {
  std::bitset<7> weekdays;  // on which it begins; 0 is Sunday
  minutes from{0};          // of the day, 0 … 24 h
  minutes until{0};         // the same; at or before `from`: of the next day
  int replicas = 0;
};

// The largest floor that holds at `now`: from `from`, up to but without `until`. `lead` brings each
// one forward, so that replicas are there in time and not only asked for. 0: none holds.
int scheduled_floor(std::span<const WeeklyFloor> floors, Time now, minutes utc_offset,
                    milliseconds lead);

}  // namespace penstock::autoscale

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/api/formats.h"
#include "lib/json/field.h"

// spec.autoscaling.schedules of an OptimizationPolicy: floors at hours that come back every week.
namespace penstock::api {

enum class Weekday : std::uint8_t {
  kSunday,
  kMonday,
  kTuesday,
  kWednesday,
  kThursday,
  kFriday,
  kSaturday
};
constexpr auto enum_names(Weekday) {
  return std::array{json::EnumName{Weekday::kMonday, "Monday"},
                    json::EnumName{Weekday::kTuesday, "Tuesday"},
                    json::EnumName{Weekday::kWednesday, "Wednesday"},
                    json::EnumName{Weekday::kThursday, "Thursday"},
                    json::EnumName{Weekday::kFriday, "Friday"},
                    json::EnumName{Weekday::kSaturday, "Saturday"},
                    json::EnumName{Weekday::kSunday, "Sunday"}};
}

struct ScalingScheduleSpec {
  std::string name;
  std::vector<Weekday> days;
  std::string start;
  std::string end;
  std::string time_zone = "UTC";
  std::uint32_t min_replicas = 1;

  static constexpr auto fields() {
    using T = ScalingScheduleSpec;
    return std::tuple{
        json::Field{"name",
                    &T::name,
                    {.about = "What it is called.", .required = true, .format = &kDnsLabel}},
        json::Field{"days",
                    &T::days,
                    {.about = "The days on which it starts; every day where empty.",
                     .items_max = 7,
                     .unique_by = "."}},
        json::Field{"start",
                    &T::start,
                    {.about = "From this time of the day, by the clocks of the time zone; replicas "
                              "are asked for as much sooner as they take to serve.",
                     .required = true,
                     .format = &kTimeOfDay}},
        json::Field{"end",
                    &T::end,
                    {.about = "Until this time; of the next day where it is not after start.",
                     .required = true,
                     .format = &kTimeOfDay}},
        json::Field{
            "timeZone",
            &T::time_zone,
            {.about = "Of the IANA database; its summer time is minded.", .format = &kZoneName}},
        json::Field{"minReplicas",
                    &T::min_replicas,
                    {.about = "Never fewer meanwhile; at most maxReplicas.",
                     .required = true,
                     .min = 1,
                     .max = 10'000}}};
  }
};

}  // namespace penstock::api

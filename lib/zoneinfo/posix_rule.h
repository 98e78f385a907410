#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace penstock::zoneinfo {

// A day that comes back every year, and the time of that day.
struct YearlyMoment {
  enum class Kind : unsigned char {
    kWeekday,      // "M3.5.0": the fifth (last) Sunday of March
    kJulianDay,    // "J60": the 60th day, 29 February never counted
    kDayOfTheYear  // "59": the day after 59 others
  };
  Kind kind = Kind::kWeekday;
  int month = 1;
  int week = 1;
  int day = 0;  // of the week for kWeekday, else of the year
  std::chrono::seconds time{7'200};

  // In the clocks' own time.
  [[nodiscard]] std::chrono::local_seconds in(std::chrono::year year) const;
};

// What a TZ variable of POSIX says: "CET-1CEST,M3.5.0,M10.5.0/3". It ends TZif files and holds for
// all that comes after their last entry.
struct PosixRule {
  std::chrono::seconds standard{0};  // ahead of UTC
  std::optional<std::chrono::seconds> summer;
  YearlyMoment summer_begins;  // by standard time
  YearlyMoment summer_ends;    // by summer time

  // nullopt: it is none.
  static std::optional<PosixRule> parse(std::string_view text);

  [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds time) const;
};

}  // namespace penstock::zoneinfo

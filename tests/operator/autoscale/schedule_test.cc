#include "operator/autoscale/schedule.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "lib/zoneinfo/zone_files.h"

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Monday, 2 November 2026, 00:00 UTC.
constexpr Time kMonday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 2);
const WeeklyFloor kOffice{
    .weekdays = 0b0111110, .from = hours(9), .until = hours(17), .replicas = 6};
const WeeklyFloor kNight{
    .weekdays = 0b1000000, .from = hours(22), .until = hours(3), .replicas = 3};

int floor_at(const WeeklyFloor& floor, Time now, milliseconds lead = milliseconds(0)) {
  return scheduled_floor(std::vector{floor}, now, lead);
}

WeeklyFloor in(const char* zone, WeeklyFloor floor) {
  floor.zone = zoneinfo::load_zone(zone);
  EXPECT_NE(floor.zone, nullptr) << zone;
  return floor;
}

Time utc(std::chrono::year_month_day day, milliseconds time) {
  return std::chrono::sys_days(day) + time;
}

TEST(ScheduleTest, FromItsFirstMomentToBeforeItsLast) {
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(9) - seconds(1)), 0);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(9)), 6);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(17) - seconds(1)), 6);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(17)), 0);
}

TEST(ScheduleTest, OnItsDaysOnly) {
  for (int day = 0; day < 14; ++day) {
    const bool weekend = day % 7 >= 5;  // day 0 is a Monday
    EXPECT_EQ(floor_at(kOffice, kMonday + hours(24 * day + 12)), weekend ? 0 : 6) << day;
  }
}

TEST(ScheduleTest, PastMidnightBelongsToTheDayItBeganOn) {
  const Time saturday = kMonday + hours(24 * 5);
  EXPECT_EQ(floor_at(kNight, saturday + hours(2)), 0) << "Friday's night is none of its days";
  EXPECT_EQ(floor_at(kNight, saturday + hours(22)), 3);
  EXPECT_EQ(floor_at(kNight, saturday + hours(26)), 3);
  EXPECT_EQ(floor_at(kNight, saturday + hours(27)), 0);
}

TEST(ScheduleTest, AWholeDay) {
  const WeeklyFloor all{.weekdays = 0b0000010, .from = hours(0), .until = hours(24), .replicas = 2};
  EXPECT_EQ(floor_at(all, kMonday), 2);
  EXPECT_EQ(floor_at(all, kMonday + hours(24) - seconds(1)), 2);
  EXPECT_EQ(floor_at(all, kMonday + hours(24)), 0);
}

TEST(ScheduleTest, InLocalTime) {
  const WeeklyFloor berlin = in("Europe/Berlin", kOffice);
  EXPECT_EQ(floor_at(berlin, kMonday + hours(8)), 6);
  EXPECT_EQ(floor_at(berlin, kMonday + hours(16)), 0);
  // Sunday, 23:30 UTC is Monday, 09:30 ten hours east of it.
  EXPECT_EQ(floor_at(in("Australia/Brisbane", kOffice), kMonday - minutes(30)), 6);
}

TEST(ScheduleTest, ByTheClocksOfSummerAndWinter) {
  const WeeklyFloor berlin = in("Europe/Berlin", kOffice);
  const auto friday = std::chrono::year(2026) / 3 / 27;  // clocks change on the Sunday after it
  const auto monday = std::chrono::year(2026) / 3 / 30;
  EXPECT_EQ(floor_at(berlin, utc(friday, hours(8) - seconds(1))), 0);
  EXPECT_EQ(floor_at(berlin, utc(friday, hours(8))), 6);
  EXPECT_EQ(floor_at(berlin, utc(monday, hours(7) - seconds(1))), 0);
  EXPECT_EQ(floor_at(berlin, utc(monday, hours(7))), 6);
}

TEST(ScheduleTest, WhatBeginsOrEndsInASkippedHourDoesSoAtTheSkip) {
  // 29 March 2026, a Sunday: at 01:00 UTC clocks go from 02:00 to 03:00.
  const auto day = std::chrono::year(2026) / 3 / 29;
  const WeeklyFloor begins =
      in("Europe/Berlin",
         {.weekdays = 0b0000001, .from = minutes(150), .until = hours(5), .replicas = 2});
  EXPECT_EQ(floor_at(begins, utc(day, hours(1) - seconds(1))), 0);
  EXPECT_EQ(floor_at(begins, utc(day, hours(1))), 2);
  EXPECT_EQ(floor_at(begins, utc(day, hours(3) - seconds(1))), 2) << "05:00 is two hours later";
  EXPECT_EQ(floor_at(begins, utc(day, hours(3))), 0);
  const WeeklyFloor ends =
      in("Europe/Berlin",
         {.weekdays = 0b0000001, .from = hours(1), .until = minutes(150), .replicas = 2});
  EXPECT_EQ(floor_at(ends, utc(day, hours(1) - seconds(1))), 2);
  EXPECT_EQ(floor_at(ends, utc(day, hours(1))), 0);
}

TEST(ScheduleTest, AnHourThatComesTwiceIsOneLongOne) {
  // 25 October 2026, a Sunday: at 01:00 UTC clocks go from 03:00 back to 02:00.
  const auto day = std::chrono::year(2026) / 10 / 25;
  const WeeklyFloor floor =
      in("Europe/Berlin",
         {.weekdays = 0b0000001, .from = minutes(150), .until = minutes(170), .replicas = 2});
  EXPECT_EQ(floor_at(floor, utc(day, minutes(30) - seconds(1))), 0);
  EXPECT_EQ(floor_at(floor, utc(day, minutes(30))), 2) << "02:30, the first time";
  EXPECT_EQ(floor_at(floor, utc(day, minutes(70))), 2) << "02:10, the second time";
  EXPECT_EQ(floor_at(floor, utc(day, minutes(110) - seconds(1))), 2);
  EXPECT_EQ(floor_at(floor, utc(day, minutes(110))), 0) << "02:50, the second time";
}

TEST(ScheduleTest, LeadGoesOverAChangeOfTheClocks) {
  const WeeklyFloor berlin = in(
      "Europe/Berlin", {.weekdays = 0b0000001, .from = hours(4), .until = hours(6), .replicas = 2});
  const auto day = std::chrono::year(2026) / 3 / 29;
  // 04:00 is 02:00 UTC; 90 minutes before that it was 01:30 by the clocks.
  EXPECT_EQ(floor_at(berlin, utc(day, minutes(30)), minutes(90)), 2);
  EXPECT_EQ(floor_at(berlin, utc(day, minutes(29)), minutes(90)), 0);
}

TEST(ScheduleTest, LeadBringsItForward) {
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(9) - minutes(7), minutes(7)), 6);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(9) - minutes(8), minutes(7)), 0);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(17), minutes(7)), 0) << "not its end";
  const WeeklyFloor early{
      .weekdays = 0b0000010, .from = minutes(2), .until = hours(1), .replicas = 4};
  EXPECT_EQ(floor_at(early, kMonday - minutes(3), minutes(5)), 4) << "the day before";
}

TEST(ScheduleTest, TheLargestHolds) {
  const std::vector<WeeklyFloor> floors{
      kOffice, {.weekdays = 0b1111111, .from = hours(0), .until = hours(24), .replicas = 2}};
  EXPECT_EQ(scheduled_floor(floors, kMonday + hours(12), milliseconds(0)), 6);
  EXPECT_EQ(scheduled_floor(floors, kMonday + hours(3), milliseconds(0)), 2);
  EXPECT_EQ(scheduled_floor({}, kMonday, milliseconds(0)), 0);
}

}  // namespace
}  // namespace penstock::autoscale

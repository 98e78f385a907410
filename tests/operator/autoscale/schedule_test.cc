#include "operator/autoscale/schedule.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Monday, 2 November 2026, 00:00 UTC.
constexpr Time kMonday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 2);
constexpr minutes kUtc{0};

const WeeklyFloor kOffice{
    .weekdays = 0b0111110, .from = hours(9), .until = hours(17), .replicas = 6};
const WeeklyFloor kNight{
    .weekdays = 0b1000000, .from = hours(22), .until = hours(3), .replicas = 3};

int floor_at(const WeeklyFloor& floor, Time now, minutes offset = kUtc,
             milliseconds lead = milliseconds(0)) {
  return scheduled_floor(std::vector{floor}, now, offset, lead);
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
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(8), hours(1)), 6);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(16), hours(1)), 0);
  // Sunday, 23:30 UTC is Monday, 09:30 ten hours east of it.
  EXPECT_EQ(floor_at(kOffice, kMonday - minutes(30), hours(10)), 6);
}

TEST(ScheduleTest, LeadBringsItForward) {
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(9) - minutes(7), kUtc, minutes(7)), 6);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(9) - minutes(8), kUtc, minutes(7)), 0);
  EXPECT_EQ(floor_at(kOffice, kMonday + hours(17), kUtc, minutes(7)), 0) << "not its end";
  const WeeklyFloor early{
      .weekdays = 0b0000010, .from = minutes(2), .until = hours(1), .replicas = 4};
  EXPECT_EQ(floor_at(early, kMonday - minutes(3), kUtc, minutes(5)), 4) << "the day before";
}

TEST(ScheduleTest, TheLargestHolds) {
  const std::vector<WeeklyFloor> floors{
      kOffice, {.weekdays = 0b1111111, .from = hours(0), .until = hours(24), .replicas = 2}};
  EXPECT_EQ(scheduled_floor(floors, kMonday + hours(12), kUtc, milliseconds(0)), 6);
  EXPECT_EQ(scheduled_floor(floors, kMonday + hours(3), kUtc, milliseconds(0)), 2);
  EXPECT_EQ(scheduled_floor({}, kMonday, kUtc, milliseconds(0)), 0);
}

}  // namespace
}  // namespace penstock::autoscale

#include "lib/zoneinfo/posix_rule.h"

#include <gtest/gtest.h>

namespace penstock::zoneinfo {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

TEST(PosixRuleTest, WithoutSummerTime) {
  const auto rule = PosixRule::parse("<+0545>-5:45");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 7 / 1)), hours(5) + minutes(45));
}

TEST(PosixRuleTest, SummerTimeOfTheNorth) {
  const auto rule = PosixRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(rule);
  // The last Sundays of March and October 2040; both at 01:00 UTC.
  const auto begins = sys_days(year(2040) / 3 / 25) + hours(1);
  const auto ends = sys_days(year(2040) / 10 / 28) + hours(1);
  EXPECT_EQ(rule->offset_at(begins - seconds(1)), hours(1));
  EXPECT_EQ(rule->offset_at(begins), hours(2));
  EXPECT_EQ(rule->offset_at(ends - seconds(1)), hours(2));
  EXPECT_EQ(rule->offset_at(ends), hours(1));
}

TEST(PosixRuleTest, SummerTimeOfTheSouthGoesOverNewYear) {
  const auto rule = PosixRule::parse("AEST-10AEDT,M10.1.0,M4.1.0/3");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 1 / 1)), hours(11));
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 7 / 1)), hours(10));
  // The first Sundays of April and October 2040; 03:00 of summer and 02:00 of winter time.
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 3 / 31) + hours(16) - seconds(1)), hours(11));
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 3 / 31) + hours(16)), hours(10));
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 10 / 6) + hours(16) - seconds(1)), hours(10));
  EXPECT_EQ(rule->offset_at(sys_days(year(2040) / 10 / 6) + hours(16)), hours(11));
}

TEST(PosixRuleTest, DaysOfTheYear) {
  // 1 March, with and without counting 29 February; a time before the day.
  const auto julian = PosixRule::parse("AAA0BBB,J60/0,J300/0");
  const auto counted = PosixRule::parse("AAA0BBB,60/-1,300/0");
  ASSERT_TRUE(julian);
  ASSERT_TRUE(counted);
  const auto march = sys_days(year(2040) / 3 / 1);
  EXPECT_EQ(julian->offset_at(march - seconds(1)), hours(0));
  EXPECT_EQ(julian->offset_at(march), hours(1));
  EXPECT_EQ(counted->offset_at(march - hours(1) - seconds(1)), hours(0));
  EXPECT_EQ(counted->offset_at(march - hours(1)), hours(1));
}

TEST(PosixRuleTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M1.1.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-168",
        "CET-1CEST,M3.5.0,M10.5.0/3x", "<+03-3"}) {
    EXPECT_FALSE(PosixRule::parse(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::zoneinfo

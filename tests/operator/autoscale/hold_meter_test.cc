#include "operator/autoscale/hold_meter.h"

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

constexpr Time kNow = time_of(1'700'000'000'000);

signals::Report report(std::int64_t held, std::int64_t arrivals) {
  signals::Report result;
  result.start_id = "a";
  result.uptime_ms = 3'600'000;
  result.held = held;
  result.hold_arrivals = arrivals;
  return result;
}

TEST(HoldMeterTest, SaysHowManyWait) {
  HoldMeter meter;
  EXPECT_EQ(meter.at(kNow), std::nullopt);
  meter.take(kNow, report(7, 7));
  EXPECT_EQ(meter.at(kNow), 7);
  meter.take(kNow + milliseconds(1'000), report(0, 7));
  EXPECT_EQ(meter.at(kNow + milliseconds(1'000)), 0) << "they had come before it was first asked";
}

TEST(HoldMeterTest, WhatItSaidLongAgoIsNothing) {
  HoldMeter meter;
  meter.take(kNow, report(1, 1));
  EXPECT_EQ(meter.at(kNow + HoldMeter::kFresh), 1);
  EXPECT_EQ(meter.at(kNow + HoldMeter::kFresh + milliseconds(1)), std::nullopt);
}

TEST(HoldMeterTest, WhoCameAndWentBetweenTwoReportsIsSeen) {
  HoldMeter meter;
  meter.take(kNow, report(0, 3));
  EXPECT_EQ(meter.at(kNow), 0);
  const Time then = kNow + milliseconds(1'000);
  meter.take(then, report(0, 4));
  EXPECT_EQ(meter.at(then), 1);
  const Time later = then + HoldMeter::kRemembered;
  meter.take(later, report(0, 4));
  EXPECT_EQ(meter.at(later), 1);
  meter.take(later + milliseconds(1), report(0, 4));
  EXPECT_EQ(meter.at(later + milliseconds(1)), 0);
}

TEST(HoldMeterTest, TheSameReportTakenAgainIsNoNews) {
  HoldMeter meter;
  meter.take(kNow, report(0, 3));
  meter.take(kNow, report(0, 9));
  EXPECT_EQ(meter.at(kNow), 0);
}

// By a clock that was an hour ahead.
TEST(HoldMeterTest, AClockThatIsSetBackHidesNobody) {
  const Time ahead = kNow + std::chrono::hours(1);
  HoldMeter meter;
  meter.take(ahead, report(0, 3));
  meter.take(ahead + milliseconds(1'000), report(0, 4));
  EXPECT_EQ(meter.at(kNow), std::nullopt) << "it has not said anything since";
  meter.take(kNow, report(2, 6));
  EXPECT_EQ(meter.at(kNow), 2);
  const Time later = kNow + HoldMeter::kRemembered + milliseconds(1);
  meter.take(later, report(0, 6));
  EXPECT_EQ(meter.at(later), 0) << "nor is anybody remembered for an hour";
}

TEST(HoldMeterTest, ANewProcessCountsFromZero) {
  HoldMeter meter;
  meter.take(kNow, report(0, 30));
  signals::Report young = report(0, 1);
  young.start_id = "b";
  young.uptime_ms = 900;
  const Time then = kNow + milliseconds(1'000);
  meter.take(then, young);
  EXPECT_EQ(meter.at(then), 1) << "it came before the first report";
}

TEST(HoldMeterTest, WhatAnOldProcessCountedBeforeItWasAskedWakesNobody) {
  HoldMeter meter;
  meter.take(kNow, report(0, 30));
  EXPECT_EQ(meter.at(kNow), 0);
}

}  // namespace
}  // namespace penstock::autoscale

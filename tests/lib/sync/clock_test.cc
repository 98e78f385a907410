#include "lib/clock/clock.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace penstock::clock {
namespace {

using std::chrono::seconds;

TEST(FakeClockTest, StandsStillUntilMovedAndMovesBothClocks) {
  fakes::FakeClock fake;
  const Instant start = fake.now();
  const WallTime wall_start = fake.wall_now();
  EXPECT_EQ(fake.now(), start);

  fake.advance(seconds(90));
  EXPECT_EQ(fake.now() - start, seconds(90));
  EXPECT_EQ(fake.wall_now() - wall_start, seconds(90));
}

TEST(FakeClockTest, WallClockStartsAtADocumentedDate) {
  // 20454 days from 1970-01-01 to 2026-01-01: 56 years of 365 days and 14 leap days.
  EXPECT_EQ(fakes::FakeClock().wall_now().time_since_epoch(), seconds(20454LL * 86400));
}

TEST(RealClockTest, NeverRunsBackwards) {
  const RealClock real;
  const Instant first = real.now();
  EXPECT_GE(real.now(), first);
}

}  // namespace
}  // namespace penstock::clock

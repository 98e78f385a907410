#include "operator/kube/rate_limiter.h"

#include <chrono>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

using std::chrono::milliseconds;

class RateLimiterTest : public testing::Test {
 protected:
  // How many of so many are granted at once, without a wait.
  int at_once(int asked, Priority priority) {
    int granted = 0;
    for (int i = 0; i < asked; ++i) {
      const RateLimiter::Turn turn = limiter_.take(now_, priority);
      granted += turn.granted && turn.wait == milliseconds(0) ? 1 : 0;
    }
    return granted;
  }

  RateLimiter limiter_{{.per_second = 10, .burst = 8, .reserved = 3}};
  clock::Instant now_{std::chrono::hours(1)};
};

TEST_F(RateLimiterTest, ReportsLeaveTheReserveToChanges) {
  EXPECT_EQ(at_once(20, Priority::kReport), 5);
  EXPECT_EQ(at_once(20, Priority::kChange), 3);
}

TEST_F(RateLimiterTest, AReportIsToldWhenToAskAgain) {
  at_once(5, Priority::kReport);
  const RateLimiter::Turn refused = limiter_.take(now_, Priority::kReport);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.wait, milliseconds(100));
  now_ += refused.wait;
  EXPECT_EQ(at_once(2, Priority::kReport), 1);
}

TEST_F(RateLimiterTest, ChangesGoInTheOrderOfTheirAsking) {
  at_once(1, Priority::kReport);
  at_once(7, Priority::kChange);
  for (int turn = 1; turn <= 3; ++turn) {
    const RateLimiter::Turn later = limiter_.take(now_, Priority::kChange);
    EXPECT_TRUE(later.granted);
    EXPECT_EQ(later.wait, milliseconds(100 * turn));
  }
  // What they owe is paid before a report is let through, and the reserve filled.
  EXPECT_EQ(limiter_.take(now_, Priority::kReport).wait, milliseconds(700));
}

TEST_F(RateLimiterTest, AReportGoesNowAndThenWhateverChangesDo) {
  at_once(1, Priority::kReport);
  int reports = 0;
  for (int tenths = 0; tenths < 50; ++tenths) {
    now_ += milliseconds(100);
    at_once(20, Priority::kChange);
    reports += limiter_.take(now_, Priority::kReport).granted ? 1 : 0;
  }
  EXPECT_GE(reports, 4);  // one a second, of ten turns
  EXPECT_LE(reports, 5);
}

TEST_F(RateLimiterTest, APauseFillsNoMoreThanTheBurst) {
  at_once(8, Priority::kChange);
  now_ += std::chrono::hours(1);
  EXPECT_EQ(at_once(20, Priority::kChange), 8);
}

TEST(RateLimiterReserveTest, ABurstOfOneLetsReportsThrough) {
  RateLimiter limiter({.per_second = 10, .burst = 1});
  EXPECT_TRUE(limiter.take(clock::Instant(std::chrono::hours(1)), Priority::kReport).granted);
}

}  // namespace
}  // namespace penstock::kube

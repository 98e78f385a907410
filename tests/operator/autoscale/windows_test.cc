#include "operator/autoscale/windows.h"

#include <chrono>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

TEST(TotalsWindowTest, MeanIsOfBucketsAndABucketIsTheMeanOfItsSamples) {
  TotalsWindow window(seconds(60));
  window.add(kStart, 10);
  window.add(kStart + milliseconds(500), 20);  // the same second: 15
  window.add(kStart + seconds(1), 45);
  EXPECT_EQ(window.mean(kStart + seconds(1), seconds(60)), 30);
  EXPECT_EQ(window.max(kStart + seconds(1), seconds(60)), 45);
}

TEST(TotalsWindowTest, StableAndPanicWindowsReadTheSameBuckets) {
  TotalsWindow window(seconds(60));
  for (int second = 0; second < 60; ++second) {
    window.add(kStart + seconds(second), second < 54 ? 100 : 400);
  }
  const Time now = kStart + seconds(59);
  EXPECT_EQ(window.mean(now, seconds(6)), 400);
  EXPECT_EQ(window.mean(now, seconds(60)), 130);  // (54 x 100 + 6 x 400) / 60
}

TEST(TotalsWindowTest, MissingIsNotZeroAndZeroIsData) {
  TotalsWindow window(seconds(10));
  EXPECT_EQ(window.mean(kStart, seconds(10)), std::nullopt);
  window.add(kStart, 50);
  const Time later = kStart + seconds(9);
  EXPECT_EQ(window.mean(later, seconds(10)), 50) << "nine missing seconds lower nothing";
  EXPECT_DOUBLE_EQ(window.coverage(later, seconds(10)), 0.1);
  window.add(later, 0);
  EXPECT_EQ(window.mean(later, seconds(10)), 25);
  EXPECT_EQ(window.mean(later, seconds(1)), 0) << "a measured zero, not nothing";
}

TEST(TotalsWindowTest, OldBucketsLeaveAndTheirSlotsAreUsedAgain) {
  TotalsWindow window(seconds(5));
  for (int second = 0; second < 100; ++second) {
    window.add(kStart + seconds(second), second);
  }
  const Time now = kStart + seconds(99);
  EXPECT_EQ(window.mean(now, hours(24)), 97);  // 95 … 99: never more than the span
  EXPECT_EQ(window.mean(now + seconds(4), seconds(5)), 99);
  EXPECT_EQ(window.mean(now + seconds(5), seconds(5)), std::nullopt);
}

TEST(TotalsWindowTest, LateSamplesCountWithinTheSpanOnly) {
  TotalsWindow window(seconds(5));
  window.add(kStart + seconds(10), 10);
  EXPECT_TRUE(window.add(kStart + seconds(6), 30));
  EXPECT_EQ(window.mean(kStart + seconds(10), seconds(5)), 20);
  EXPECT_FALSE(window.add(kStart + seconds(5), 1'000)) << "its slot belongs to second 10";
  EXPECT_EQ(window.mean(kStart + seconds(10), seconds(5)), 20);
}

TEST(TotalsWindowTest, RefusesWhatIsNoNumber) {
  TotalsWindow window(seconds(5));
  EXPECT_FALSE(window.add(kStart, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(window.add(kStart, std::nan("")));
  EXPECT_EQ(window.coverage(kStart, seconds(5)), 0);
}

TEST(TotalsWindowTest, QuantilesAreOfBuckets) {
  TotalsWindow window(seconds(100));
  for (int second = 0; second < 100; ++second) {
    window.add(kStart + seconds(second), (second * 37) % 100 + 1);  // 1 … 100, shuffled
  }
  const Time now = kStart + seconds(99);
  EXPECT_EQ(window.quantile(now, seconds(100), 0.95), 95);
  EXPECT_EQ(window.quantile(now, seconds(100), 1), 100);
  EXPECT_EQ(window.quantile(now, seconds(100), 0), 1);
  EXPECT_EQ(window.quantile(now + hours(1), seconds(100), 0.5), std::nullopt);
}

TEST(TotalsWindowTest, MemoryIsBounded) {
  TotalsWindow window(hours(24 * 365), milliseconds(1));
  window.add(kStart, 1);
  EXPECT_DOUBLE_EQ(window.coverage(kStart, hours(24 * 365)), 1.0 / TotalsWindow::kBucketsMax);
}

TEST(MaximaWindowTest, TheLargestOfTheBucketsOfTheWindow) {
  MaximaWindow window(seconds(100), seconds(10));
  EXPECT_EQ(window.max(kStart, seconds(100)), std::nullopt);
  window.add(kStart, 5);
  window.add(kStart + seconds(1), 9);
  window.add(kStart + seconds(2), 7);
  window.add(kStart + seconds(30), 2);
  window.add(kStart + seconds(31), std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(window.max(kStart + seconds(39), seconds(10)), 2);
  EXPECT_EQ(window.max(kStart + seconds(39), seconds(40)), 9);
  EXPECT_EQ(window.max(kStart + seconds(49), seconds(10)), std::nullopt) << "nothing seen";
  window.add(kStart + seconds(100), 1);  // over the bucket of the first
  window.add(kStart, 50);                // too late
  EXPECT_EQ(window.max(kStart + seconds(100), seconds(100)), 2);
}

}  // namespace
}  // namespace penstock::autoscale

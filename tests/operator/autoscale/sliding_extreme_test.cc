#include "operator/autoscale/sliding_extreme.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

TEST(SlidingExtremeTest, IsWhatAScanOfAllCountsWouldFind) {
  std::vector<TimedCount> all;
  std::vector<TimedCount> largest;
  std::vector<TimedCount> smallest;
  for (int second = 0; second < 500; ++second) {
    const Time now = kStart + seconds(second);
    const int count = (second * second * 7 + second) % 23;
    int most = count;
    int least = count;
    for (const TimedCount& past : all) {
      if (now - time_of(past.at_ms) < seconds(30)) {
        most = std::max(most, past.replicas);
        least = std::min(least, past.replicas);
      }
    }
    forget_older(largest, now, seconds(30));
    forget_older(smallest, now, seconds(30));
    EXPECT_EQ(extreme_of(Extreme::kLargest, largest, count), most);
    EXPECT_EQ(extreme_of(Extreme::kSmallest, smallest, count), least);
    push(Extreme::kLargest, largest, now, count);
    push(Extreme::kSmallest, smallest, now, count);
    all.push_back({ms_of(now), count});
    EXPECT_LE(largest.size(), 23U);
  }
}

TEST(SlidingExtremeTest, WhenFullItErrsOnTheSideOfTheExtreme) {
  std::vector<TimedCount> counts;
  for (int i = 0; i < 5'000; ++i) {
    push(Extreme::kLargest, counts, kStart + seconds(i), 5'000 - i);
  }
  EXPECT_EQ(counts.size(), kCountsMax);
  EXPECT_EQ(counts.front().replicas, 5'000);
  forget_older(counts, kStart + seconds(4'999), hours(24));
  EXPECT_EQ(extreme_of(Extreme::kLargest, counts, 0), 5'000);
}

}  // namespace
}  // namespace penstock::autoscale

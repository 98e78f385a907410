#include "operator/autoscale/full_pods.h"

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

std::optional<Load> see(FullPods& pods, int second, double waiting, double ended_per_s) {
  pods.begin();
  const std::optional<Load> full = pods.see(kStart + seconds(second), "a",
                                            {.requests_per_s = 2 * ended_per_s,
                                             .ended_per_s = ended_per_s,
                                             .kv_tokens = 1'000,
                                             .running = 1,
                                             .waiting = waiting});
  pods.end();
  return full;
}

TEST(FullPodsTest, ABurstIsNoFullReplica) {
  FullPods pods;
  for (int second = 0; second < 300; ++second) {
    // Every tenth second it is empty.
    EXPECT_FALSE(see(pods, second, second % 10 == 0 ? 0 : 50, 9));
  }
}

TEST(FullPodsTest, HalfAMinuteOfWaitingIsOneAndTheMeanOfTheNextCounts) {
  FullPods pods;
  for (int second = 0; second < 30; ++second) {
    EXPECT_FALSE(see(pods, second, 5, 1)) << "what ends began before it was full";
  }
  for (int second = 30; second < 60; ++second) {
    EXPECT_FALSE(see(pods, second, 5, second % 2 == 0 ? 4 : 8));
  }
  const std::optional<Load> full = see(pods, 60, 5, 6);
  ASSERT_TRUE(full);
  EXPECT_DOUBLE_EQ(full->requests.value_or(0), 6);
  EXPECT_DOUBLE_EQ(full->kv.value_or(0), 1'000);
  for (int second = 61; second < 90; ++second) {
    EXPECT_FALSE(see(pods, second, 5, 3)) << "another half minute";
  }
  EXPECT_DOUBLE_EQ(see(pods, 90, 5, 3).value_or(Load{}).requests.value_or(0), 3);
}

TEST(FullPodsTest, APodThatSaysNothingIsForgotten) {
  FullPods pods;
  for (int second = 0; second < 50; ++second) {
    see(pods, second, 5, 6);
  }
  pods.begin();
  pods.end();
  for (int second = 51; second < 80; ++second) {
    EXPECT_FALSE(see(pods, second, 5, 6));
  }
}

}  // namespace
}  // namespace penstock::autoscale

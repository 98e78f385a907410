#include "operator/autoscale/lead_time.h"

#include <chrono>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(LeadTimesTest, ThePriorSpeaksUntilEnoughWasMeasured) {
  LeadTimes times({.pod = seconds(60), .node = seconds(300)});
  EXPECT_EQ(times.quantile(StartPath::kPod, 0.9).duration, seconds(60));
  EXPECT_FALSE(times.quantile(StartPath::kPod, 0.9).measured);
  times.record(StartPath::kPod, seconds(20));
  times.record(StartPath::kPod, seconds(22));
  EXPECT_EQ(times.quantile(StartPath::kPod, 0.9).duration, seconds(60));
  times.record(StartPath::kPod, seconds(30));
  EXPECT_EQ(times.quantile(StartPath::kPod, 0.9).duration, seconds(30));
  EXPECT_TRUE(times.quantile(StartPath::kPod, 0.9).measured);
  EXPECT_EQ(times.quantile(StartPath::kNode, 0.9).duration, seconds(300)) << "paths are apart";
}

TEST(LeadTimesTest, QuantilesOfWhatWasMeasured) {
  LeadTimes times;
  for (const int second : {23, 90, 25, 24, 22, 21, 26, 27, 28, 400}) {
    times.record(StartPath::kNode, seconds(second));
  }
  EXPECT_EQ(times.quantile(StartPath::kNode, 0.5).duration, seconds(25));
  EXPECT_EQ(times.quantile(StartPath::kNode, 0.9).duration, seconds(90));
  EXPECT_EQ(times.quantile(StartPath::kNode, 1).duration, seconds(400));
  EXPECT_EQ(times.quantile(StartPath::kNode, 0).duration, seconds(21));
}

TEST(LeadTimesTest, KeepsTheLastOnes) {
  LeadTimes times;
  for (int i = 0; i < 1'000; ++i) {
    times.record(StartPath::kPod, seconds(i < 936 ? 500 : 40));
  }
  EXPECT_EQ(times.samples(StartPath::kPod), LeadTimes::kSamplesMax);
  EXPECT_EQ(times.quantile(StartPath::kPod, 1).duration, seconds(40));
}

TEST(LeadTimesTest, RefusesWhatIsNoStart) {
  LeadTimes times;
  EXPECT_FALSE(times.record(StartPath::kPod, seconds(0)));
  EXPECT_FALSE(times.record(StartPath::kPod, seconds(-3)));
  EXPECT_FALSE(times.record(StartPath::kPod, hours(25)));
  EXPECT_EQ(times.samples(StartPath::kPod), 0U);
}

}  // namespace
}  // namespace penstock::autoscale

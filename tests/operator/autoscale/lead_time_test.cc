#include "operator/autoscale/lead_time.h"

#include <chrono>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(LeadTimesTest, ThePriorSpeaksUntilEnoughWasMeasured) {
  LeadTimes times({.pod = seconds(60), .node = seconds(300)});
  EXPECT_EQ(times.quantile(0.9).duration, seconds(60));
  EXPECT_FALSE(times.quantile(0.9).measured);
  times.record(StartPath::kPod, seconds(20));
  times.record(StartPath::kPod, seconds(22));
  EXPECT_EQ(times.quantile(0.9).duration, seconds(60));
  times.record(StartPath::kPod, seconds(30));
  EXPECT_EQ(times.quantile(0.9).duration, seconds(30));
  EXPECT_TRUE(times.quantile(0.9).measured);
  EXPECT_EQ(times.quantile_by_node(0.9).duration, seconds(300)) << "none was by node";
}

TEST(LeadTimesTest, QuantilesOfWhatWasMeasured) {
  LeadTimes times;
  for (const int second : {23, 90, 25, 24, 22, 21, 26, 27, 28, 400}) {
    times.record(StartPath::kNode, seconds(second));
  }
  EXPECT_EQ(times.quantile_by_node(0.5).duration, seconds(25));
  EXPECT_EQ(times.quantile_by_node(0.9).duration, seconds(90));
  EXPECT_EQ(times.quantile_by_node(1).duration, seconds(400));
  EXPECT_EQ(times.quantile_by_node(0).duration, seconds(21));
}

TEST(LeadTimesTest, KeepsTheLastOnes) {
  LeadTimes times;
  for (int i = 0; i < 1'000; ++i) {
    times.record(StartPath::kPod, seconds(i < 936 ? 500 : 40));
  }
  EXPECT_EQ(times.samples(), LeadTimes::kSamplesMax);
  EXPECT_EQ(times.quantile(1).duration, seconds(40));
}

// A schedule's floor would else stand hours before its time.
TEST(LeadTimesTest, WhoWaitedForHoursIsCountedAsHalfAnHour) {
  LeadTimes times;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(times.record(StartPath::kNode, hours(8)));
  }
  EXPECT_EQ(times.quantile(0.9).duration, LeadTimes::kCounted);
  EXPECT_EQ(times.quantile_by_node(0.9).duration, LeadTimes::kCounted);
}

TEST(LeadTimesTest, APoolThatUsedUpItsFreeNodesWaitsForNodes) {
  LeadTimes times;
  for (int i = 0; i < 64; ++i) {
    times.record(StartPath::kPod, seconds(30));
  }
  for (int i = 0; i < 7; ++i) {
    times.record(StartPath::kNode, seconds(440));
  }
  EXPECT_EQ(times.quantile(0.9).duration, seconds(440)) << "more than one of ten";
  EXPECT_EQ(times.quantile_by_node(0.9).duration, seconds(440));
  for (int i = 0; i < 64; ++i) {
    times.record(StartPath::kPod, seconds(30));
  }
  EXPECT_EQ(times.quantile(0.9).duration, seconds(30));
  EXPECT_EQ(times.quantile_by_node(0.9).duration, seconds(440)) << "of those nothing else is known";
}

TEST(LeadTimesTest, ThePriorIsOfWhatMostStartsWere) {
  LeadTimes times({.pod = seconds(60), .node = seconds(300)});
  times.record(StartPath::kNode, seconds(250));
  EXPECT_EQ(times.quantile(0.9).duration, seconds(300));
}

TEST(LeadTimesTest, RefusesWhatIsNoStart) {
  LeadTimes times;
  EXPECT_FALSE(times.record(StartPath::kPod, seconds(0)));
  EXPECT_FALSE(times.record(StartPath::kPod, seconds(-3)));
  EXPECT_FALSE(times.record(StartPath::kPod, hours(25)));
  EXPECT_EQ(times.samples(), 0U);
}

}  // namespace
}  // namespace penstock::autoscale

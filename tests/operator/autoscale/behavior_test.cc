#include "operator/autoscale/behavior.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

Time at(int second) {
  return kStart + seconds(second);
}

ScalingPolicy pods(int value, int period = 15) {
  return {PolicyType::kPods, value, seconds(period)};
}

ScalingPolicy percent(int value, int period = 15) {
  return {PolicyType::kPercent, value, seconds(period)};
}

struct RateCase {
  const char* name;
  std::vector<ScalingPolicy> policies;
  SelectPolicy select;
  int current;
  int desired;
  int expected;
};

class RateTest : public testing::TestWithParam<RateCase> {};

TEST_P(RateTest, OneStepWithoutHistory) {
  const RateCase& row = GetParam();
  const ScalingRules rules{.select = row.select, .policies = row.policies};
  const Behavior behavior{.up = rules, .down = rules};
  const Bounded result = limit_rate(at(0), row.current, row.desired, behavior, {});
  EXPECT_EQ(result.replicas, row.expected);
  EXPECT_EQ(result.limit == Limit::kNone, row.expected == row.desired);
}

constexpr auto kMax = SelectPolicy::kMax;
constexpr auto kMin = SelectPolicy::kMin;
constexpr auto kDisabled = SelectPolicy::kDisabled;

INSTANTIATE_TEST_SUITE_P(
    Up, RateTest,
    testing::Values(RateCase{"PercentRoundsUp", {percent(10)}, kMax, 3, 9, 4},   // 3.3
                    RateCase{"PercentOfOneGrows", {percent(1)}, kMax, 1, 9, 2},  // 1.01
                    RateCase{"PercentAsUpstreamFloats", {percent(10)}, kMax, 100, 500, 111},
                    RateCase{"PercentOfNoneStays", {percent(100)}, kMax, 0, 9, 0},
                    RateCase{"PodsOfNone", {pods(4)}, kMax, 0, 9, 4},
                    RateCase{"LargestOfBothFromNone", {percent(100), pods(4)}, kMax, 0, 9, 4},
                    RateCase{"DefaultsFromThree", {percent(100), pods(4)}, kMax, 3, 99, 7},
                    RateCase{"DefaultsFromTen", {percent(100), pods(4)}, kMax, 10, 99, 20},
                    RateCase{"MinTakesTheSmaller", {percent(100), pods(4)}, kMin, 10, 99, 14},
                    RateCase{"Disabled", {pods(4)}, kDisabled, 10, 99, 10},
                    RateCase{"NoPolicyNoLimit", {}, kMax, 1, 999, 999},
                    RateCase{"WithinTheLimit", {pods(4)}, kMax, 10, 13, 13}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Down, RateTest,
    testing::Values(RateCase{"PercentTruncates", {percent(10)}, kMax, 15, 0, 13},  // 13.5
                    RateCase{"PercentOfOneGoes", {percent(10)}, kMax, 1, 0, 0},    // 0.9
                    RateCase{"AllAtOnce", {percent(100)}, kMax, 50, 3, 3},
                    RateCase{"MaxIsTheLargerChange", {percent(50), pods(2)}, kMax, 10, 0, 5},
                    RateCase{"MinIsTheSmallerChange", {percent(50), pods(2)}, kMin, 10, 0, 8},
                    RateCase{"Disabled", {percent(100)}, kDisabled, 10, 0, 10}),
    [](const auto& test) { return std::string(test.param.name); });

// Pods 4 a minute: what was added within the minute counts, and counts no more once it is over.
TEST(RateTest, PolicyHoldsOverItsPeriod) {
  const Behavior behavior{.up = {.policies = {pods(4, 60)}}};
  BehaviorState state;
  record_change(at(0), 10, 13, behavior, state);
  EXPECT_EQ(limit_rate(at(10), 13, 50, behavior, state).replicas, 14);  // 13 - 3 + 4
  record_change(at(10), 13, 14, behavior, state);
  EXPECT_EQ(limit_rate(at(59), 14, 50, behavior, state).replicas, 14);
  EXPECT_EQ(limit_rate(at(60), 14, 50, behavior, state).replicas, 17);  // 14 - 1 + 4
  EXPECT_EQ(limit_rate(at(70), 14, 50, behavior, state).replicas, 18);
}

// Percent is of the replicas at the period's start: twice within a period is not 4 x.
TEST(RateTest, PercentIsOfThePeriodsStart) {
  const Behavior behavior{.up = {.policies = {percent(100, 60)}}};
  BehaviorState state;
  record_change(at(0), 10, 15, behavior, state);
  EXPECT_EQ(limit_rate(at(30), 15, 99, behavior, state).replicas, 20);
  record_change(at(30), 15, 20, behavior, state);
  EXPECT_EQ(limit_rate(at(59), 20, 99, behavior, state).replicas, 20);
  EXPECT_EQ(limit_rate(at(60), 20, 99, behavior, state).replicas, 30);  // (20 - 5) x 2
}

// What was removed in the period belongs to its start, so it may come back beside the policy's own.
TEST(RateTest, RemovalsRaiseTheBaseOfTheWayUp) {
  const Behavior behavior{.up = {.policies = {pods(2, 60)}}, .down = {.policies = {pods(3, 60)}}};
  BehaviorState state;
  record_change(at(0), 10, 7, behavior, state);
  EXPECT_EQ(limit_rate(at(10), 7, 50, behavior, state).replicas, 12);  // 7 + 3 + 2
  EXPECT_EQ(limit_rate(at(10), 7, 0, behavior, state).replicas, 7);    // 7 + 3 - 3
  EXPECT_EQ(limit_rate(at(10), 7, 0, behavior, state).limit, Limit::kScaleDownLimit);
}

// More was added within the period than the policy allows (a person did): growth waits, nothing
// shrinks.
TEST(RateTest, AnOverrunPeriodNeverTurnsTheDirection) {
  const Behavior behavior{.up = {.policies = {pods(1, 60)}}};
  BehaviorState state;
  record_change(at(0), 2, 12, behavior, state);
  EXPECT_EQ(limit_rate(at(10), 12, 20, behavior, state).replicas, 12);

  const Behavior slow{.down = {.policies = {pods(1, 60)}}};
  BehaviorState shrunk;
  record_change(at(0), 12, 2, slow, shrunk);
  EXPECT_EQ(limit_rate(at(10), 2, 0, slow, shrunk).replicas, 2) << "not the eleven of its period";
}

TEST(RateTest, EachPolicyHasItsOwnPeriod) {
  const Behavior behavior{.up = {.select = kMin, .policies = {pods(4, 15), pods(6, 60)}}};
  BehaviorState state;
  EXPECT_EQ(limit_rate(at(0), 10, 99, behavior, state).replicas, 14);
  record_change(at(0), 10, 14, behavior, state);
  EXPECT_EQ(limit_rate(at(15), 14, 99, behavior, state).replicas, 16);  // min(18, 14 - 4 + 6)
}

TEST(RateTest, ChangesAreBounded) {
  const Behavior behavior{.up = {.policies = {pods(100'000, 1'800)}}};
  BehaviorState state;
  for (int i = 0; i < 1'000; ++i) {
    record_change(at(i), i, i + 1, behavior, state);
  }
  EXPECT_EQ(state.added.size(), kChangesMax);
  EXPECT_EQ(limit_rate(at(999), 1'000, 500'000, behavior, state).replicas, 100'000);
  record_change(at(9'999), 5, 6, behavior, state);
  EXPECT_EQ(state.added.size(), 1U) << "what no period reaches is forgotten";
}

struct Recommendation {
  int second;
  int current;
  int desired;
  int expected;
};

void expect_sequence(const Behavior& behavior, const std::vector<Recommendation>& sequence) {
  BehaviorState state;
  for (const Recommendation& step : sequence) {
    EXPECT_EQ(stabilize(at(step.second), step.current, step.desired, behavior, state).replicas,
              step.expected)
        << "second " << step.second;
  }
}

TEST(StabilizeTest, DownTakesTheMaximumOfItsWindow) {
  expect_sequence({}, {{0, 10, 10, 10},
                       {15, 10, 4, 10},
                       {30, 10, 6, 10},
                       {299, 10, 5, 10},  // second 0 still counts
                       {300, 10, 5, 6},   // max of 4, 6, 5, 5
                       {329, 6, 5, 6},
                       {330, 6, 5, 5}});
}

// One low sample within five minutes must not drop anything (the inverted filter takes the
// minimum).
TEST(StabilizeTest, OneLowSampleDropsNothing) {
  expect_sequence({}, {{0, 10, 10, 10}, {285, 10, 10, 10}, {300, 10, 1, 10}, {315, 10, 10, 10}});
}

TEST(StabilizeTest, UpTakesTheMinimumOfItsWindow) {
  const Behavior behavior{.up = {.stabilization_window = seconds(60)}};
  expect_sequence(behavior, {{0, 5, 5, 5},
                             {15, 5, 9, 5},
                             {30, 5, 8, 5},
                             {60, 5, 12, 8},  // min of 9, 8, 12
                             {89, 8, 12, 8},
                             {90, 8, 12, 12}});
}

TEST(StabilizeTest, UpAtOnceByDefault) {
  expect_sequence({}, {{0, 5, 5, 5}, {15, 5, 9, 9}, {16, 9, 30, 30}});
}

TEST(StabilizeTest, ARestartHoldsForAWholeWindow) {
  expect_sequence({}, {{0, 8, 2, 8}, {299, 8, 2, 8}, {300, 8, 2, 2}});
}

// Nothing was recommended for longer than the window: as little history as after a restart.
TEST(StabilizeTest, ASilenceHoldsForAWholeWindow) {
  expect_sequence({}, {{0, 8, 8, 8}, {1'000, 8, 2, 8}, {1'299, 8, 2, 8}, {1'300, 8, 2, 2}});
}

TEST(StabilizeTest, NoWindowsHoldNothing) {
  Behavior prompt;
  prompt.down.stabilization_window = seconds(0);
  expect_sequence(prompt, {{0, 8, 2, 2}, {1, 2, 9, 9}, {2, 9, 1, 1}});
}

TEST(StabilizeTest, SaysWhichWindowHeldIt) {
  BehaviorState state;
  EXPECT_EQ(stabilize(at(0), 8, 8, {}, state).limit, Limit::kNone);
  EXPECT_EQ(stabilize(at(1), 8, 2, {}, state).limit, Limit::kScaleDownStabilized);
  const Behavior slow{.up = {.stabilization_window = seconds(60)}};
  EXPECT_EQ(stabilize(at(2), 8, 12, slow, state).limit, Limit::kScaleUpStabilized);
}

}  // namespace
}  // namespace penstock::autoscale

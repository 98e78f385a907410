#include "operator/autoscale/triggers.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

TEST(CombineTest, TheLargestVoteWins) {
  EXPECT_EQ(combine(std::vector<Vote>{{"a", 3, ""}, {"b", 7, ""}, {"c", 5, ""}}, 4), 7);
}

TEST(CombineTest, AFailedVoteNeverLetsItShrinkButLetsItGrow) {
  EXPECT_EQ(combine(std::vector<Vote>{{"a", 3, ""}, {"b", std::nullopt, ""}}, 5), 5);
  EXPECT_EQ(combine(std::vector<Vote>{{"a", 9, ""}, {"b", std::nullopt, ""}}, 5), 9);
}

TEST(CombineTest, NobodyVotes) {
  EXPECT_EQ(combine({}, 5), std::nullopt);
}

PodUsage ready(double usage) {
  return {.usage = usage, .request = 1'000};
}
PodUsage unready(double usage) {
  return {.usage = usage, .request = 1'000, .ready = false};
}
PodUsage pending() {
  return {.pending = true, .request = 1'000};
}
PodUsage missing() {
  return {.request = 1'000};
}

struct UtilizationCase {
  const char* name;
  std::vector<PodUsage> pods;
  int target;
  std::optional<int> expected;
};

class UtilizationTest : public testing::TestWithParam<UtilizationCase> {};

TEST_P(UtilizationTest, AsUpstream) {
  const UtilizationCase& row = GetParam();
  const int current = static_cast<int>(row.pods.size());
  EXPECT_EQ(replicas_by_utilization(row.pods, current, {.percent = row.target}), row.expected);
}

// Request 1,000 each.
INSTANTIATE_TEST_SUITE_P(
    Triggers, UtilizationTest,
    testing::Values(
        // 300, 500, 700 of 1,000 each: 50 % of 30 %: 1.667 x 3.
        UtilizationCase{"Up", {ready(300), ready(500), ready(700)}, 30, 5},
        UtilizationCase{"Down", {ready(300), ready(300), ready(300), ready(300)}, 60, 2},
        UtilizationCase{"WithinTolerance", {ready(549), ready(549)}, 50, 2},  // 1.08
        // 55.9 % is 55 %, whole: 1.1, which is within.
        UtilizationCase{"WholePercentages", {ready(559), ready(559)}, 50, 2},
        UtilizationCase{"BeyondTolerance", {ready(560), ready(560)}, 50, 3},  // 1.12 x 2
        // raw 1.667; the unready one as 0: (500 + 700) / 3,000 = 40 %, 1.333 x 3.
        UtilizationCase{"UnreadyIsZeroOnTheWayUp", {unready(900), ready(500), ready(700)}, 30, 4},
        // raw 0.333 x 2 ready.
        UtilizationCase{
            "UnreadyIsLeftOutOnTheWayDown", {unready(900), ready(100), ready(100)}, 30, 1},
        // raw 2; missing as 0: 1,200 / 4,000 = 30 %: exactly the target, so nothing.
        UtilizationCase{
            "MissingIsZeroOnTheWayUp", {ready(600), ready(600), missing(), missing()}, 30, 4},
        // raw 0.25; what cannot start keeps nobody else: 0.25 x 3 = 0.75.
        UtilizationCase{"PendingIsNotMissingOnTheWayDown",
                        {ready(200), ready(200), ready(200), pending()},
                        80,
                        1},
        // raw 0.5; missing as 100 %: 1,300 / 3,000 = 43 %, 0.717 x 3 = 2.15.
        UtilizationCase{"MissingIsFullOnTheWayDown", {ready(150), ready(150), missing()}, 60, 3},
        // raw 0.33; missing as 100 %: 400 + 1,000 over 5,000 = 28 %, 0.467 x 5 = 2.33.
        UtilizationCase{"MissingStillLetsItShrink",
                        {ready(100), ready(100), ready(100), ready(100), missing()},
                        60,
                        3},
        // raw 0.95 is below 1; with the missing one full it would be 1.3.
        UtilizationCase{"NeverTurnsTheDirection", {ready(475), missing()}, 50, 2},
        // The target is above the request: missing counts as the target. raw 0.5;
        // 1,000 + 1,000 + 2,000 over 3,000 = 133 %, 0.665 x 3 = 1.995.
        UtilizationCase{"TargetAboveTheRequest", {ready(1'000), ready(1'000), missing()}, 200, 2},
        UtilizationCase{"NothingToGoBy", {missing(), unready(500)}, 50, std::nullopt},
        UtilizationCase{"ZeroIsData", {ready(0), ready(0)}, 50, 0}),
    [](const auto& test) { return std::string(test.param.name); });

// More pods report than are asked for, in the middle of a scale-down. raw 0.5; with the missing one
// full 1,900 of 4,000 = 47 %, 0.783 x 4 = 3.13: more than two, though the load is low.
TEST(UtilizationTest, ManyPodsNeverTurnALowLoadIntoGrowth) {
  const std::vector<PodUsage> pods{ready(300), ready(300), ready(300), missing()};
  EXPECT_EQ(replicas_by_utilization(pods, 2, {.percent = 60}), 2);
}

TEST(QueueTest, TotalsOverTarget) {
  EXPECT_EQ(replicas_by_queue({.waiting = 41}, 3, 10, 0.1), 5);
  EXPECT_EQ(replicas_by_queue({.waiting = 32}, 3, 10, 0.1), 3) << "ratio 1.07";
  EXPECT_EQ(replicas_by_queue({.waiting = 0}, 3, 10, 0.1), 0);
  EXPECT_EQ(replicas_by_queue({.waiting = 12}, 0, 10, 0.1), 2);
}

TEST(QueueTest, MissingPodsNeverLetItShrink) {
  EXPECT_EQ(replicas_by_queue({.waiting = 4, .complete = false}, 3, 10, 0.1), 3);
  EXPECT_EQ(replicas_by_queue({.waiting = 41, .complete = false}, 3, 10, 0.1), 5);
  EXPECT_EQ(replicas_by_queue({}, 3, 10, 0.1), std::nullopt);
}

struct LatencyStep {
  int second;
  std::optional<double> latency;
  int current;
  int expected;
};

void expect_sequence(const std::vector<LatencyStep>& sequence) {
  LatencyTriggerState state;
  for (const LatencyStep& step : sequence) {
    EXPECT_EQ(replicas_by_latency(kStart + seconds(step.second), step.latency, step.current,
                                  {.threshold_s = 2}, state),
              step.expected)
        << "second " << step.second;
  }
}

TEST(LatencyTest, GrowsOnceTheThresholdWasPassedForThePeriod) {
  expect_sequence({{0, 2.5, 4, 4},
                   {29, 2.5, 4, 4},
                   {30, 2.5, 4, 5},
                   {31, 2.5, 5, 5},
                   {59, 2.5, 5, 5},
                   {60, 3.0, 5, 8}});  // ceil(5 x 1.5)
}

TEST(LatencyTest, OneGoodMomentStartsThePeriodAgain) {
  expect_sequence(
      {{0, 2.5, 4, 4}, {20, 1.9, 4, 4}, {25, 2.5, 4, 4}, {50, 2.5, 4, 4}, {55, 2.5, 4, 5}});
}

TEST(LatencyTest, StepsAreBoundedAndAtLeastOne) {
  expect_sequence({{0, 90, 4, 4}, {30, 90, 4, 8}, {60, 2.01, 8, 9}});
}

TEST(LatencyTest, CalmAsksForNothingAndNearKeeps) {
  expect_sequence({{0, 1.5, 4, 0}, {1, 1.6, 4, 4}, {2, 2.0, 4, 4}, {3, std::nullopt, 4, 0}});
}

}  // namespace
}  // namespace penstock::autoscale

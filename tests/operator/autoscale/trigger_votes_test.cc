#include "operator/autoscale/trigger_votes.h"

#include <chrono>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using enum api::ScalingTriggerType;
using std::chrono::seconds;

constexpr Time kBegin = std::chrono::sys_days(std::chrono::year(2026) / 11 / 2);

// So many requests, all of which took between 1 and 2 seconds, or less than one.
Histogram latencies(std::uint64_t slow, std::uint64_t quick = 0) {
  return {.bounds_s = {1, 2}, .counts = {quick, slow, 0}, .sum_s = 0};
}

class TriggerVotesTest : public ::testing::Test {
 protected:
  std::vector<Vote> votes(const TriggerSettings& trigger, seconds at = seconds(0)) {
    return votes_.at(
        std::vector{trigger},
        {.now = kBegin + at, .current = 4, .demand = demand_, .cpu = cpu_, .memory = memory_});
  }

  TriggerVotes votes_;
  Demand demand_;
  UsageSight cpu_;
  UsageSight memory_;
};

TEST_F(TriggerVotesTest, UtilizationOfTheResourceThatIsMeant) {
  cpu_.pods = std::vector<PodUsage>(4, {.usage = 1.6, .request = 1});
  memory_.pods = std::vector<PodUsage>(4, {.usage = 0.4, .request = 1});
  EXPECT_EQ(votes({.type = kCpu, .utilization_percent = 80}),
            (std::vector<Vote>{{"CPU", 8, "", true}}));
  EXPECT_EQ(votes({.type = kMemory, .utilization_percent = 80}),
            (std::vector<Vote>{{"Memory", 2, ""}}));
}

TEST_F(TriggerVotesTest, WhatIsNotKnownFailsAndSaysWhy) {
  cpu_.problem = "the cluster serves no metrics.k8s.io";
  EXPECT_EQ(votes({.type = kCpu}),
            (std::vector<Vote>{{"CPU", std::nullopt, "the cluster serves no metrics.k8s.io"}}));
  EXPECT_EQ(votes({.type = kMemory}),
            (std::vector<Vote>{{"Memory", std::nullopt, "no pod that is ready has a sample yet"}}));
  const std::vector<Vote> queue = votes({.type = kQueueDepth, .waiting_per_replica = 2});
  ASSERT_EQ(queue.size(), 1U);
  EXPECT_FALSE(queue[0].replicas);
  EXPECT_NE(queue[0].problem.find("metrics port"), std::string::npos);
}

TEST_F(TriggerVotesTest, WhatTheApiServerSaysAtLengthIsCut) {
  cpu_.problem = std::string(Vote::kProblemMax - 1, 'x') + "\u00e9 and more";
  EXPECT_EQ(votes({.type = kCpu})[0].problem, std::string(Vote::kProblemMax - 1, 'x'))
      << "never within a character";
}

TEST_F(TriggerVotesTest, QueueDepthOfAllReplicasAndOnlyUpwardsWhereOneIsSilent) {
  demand_.waiting = 13;
  EXPECT_EQ(votes({.type = kQueueDepth, .waiting_per_replica = 2})[0].replicas, 7);
  demand_.reporting = 4;
  demand_.untold_queues = 1;
  EXPECT_EQ(votes({.type = kQueueDepth, .waiting_per_replica = 2})[0].replicas, 7);
  demand_.waiting = 1;
  const Vote unsure = votes({.type = kQueueDepth, .waiting_per_replica = 2})[0];
  EXPECT_FALSE(unsure.replicas) << "an engine that is too busy to say it may have a queue";
  EXPECT_EQ(unsure.problem, "1 of 4 engines do not say how many requests wait");
  demand_.untold_queues = 0;
  EXPECT_EQ(votes({.type = kQueueDepth, .waiting_per_replica = 2})[0].replicas, 1);
  demand_.missing = 1;
  EXPECT_EQ(votes({.type = kQueueDepth, .waiting_per_replica = 2})[0].replicas, 4);
}

TEST_F(TriggerVotesTest, ALatencyGrowsReplicasOnceItWasSustained) {
  const TriggerSettings slow{
      .type = kTimeToFirstToken, .threshold = seconds(1), .sustained = seconds(30)};
  demand_.ttft = latencies(10);
  for (int second = 0; second < 30; ++second) {
    EXPECT_EQ(votes(slow, seconds(second))[0].replicas, 4) << second;
  }
  EXPECT_EQ(votes(slow, seconds(30))[0].replicas, 8) << "1.95 times the threshold";
  EXPECT_EQ(votes(slow, seconds(31))[0].replicas, 4) << "they get their time to help";
}

TEST_F(TriggerVotesTest, OneSlowSecondIsNotSustained) {
  const TriggerSettings slow{
      .type = kTimePerOutputToken, .threshold = seconds(1), .sustained = seconds(30)};
  demand_.tpot = latencies(10);
  EXPECT_EQ(votes(slow)[0].replicas, 4);
  demand_.tpot = latencies(0, 1'000);
  for (int second = 1; second < 60; ++second) {
    for (const Vote& vote : votes(slow, seconds(second))) {
      EXPECT_EQ(vote.replicas, 4) << second;
    }
  }
}

TEST_F(TriggerVotesTest, AGoodLatencyDoesNotSayHowFewWouldDo) {
  const TriggerSettings slow{.type = kTimeToFirstToken, .threshold = seconds(10)};
  demand_.ttft = latencies(10);
  EXPECT_TRUE(votes(slow).empty());
  demand_.ttft = {};
  EXPECT_TRUE(votes(slow, seconds(60)).empty()) << "nor does silence";
}

TEST_F(TriggerVotesTest, OldLatenciesAreForgotten) {
  const TriggerSettings slow{
      .type = kTimeToFirstToken, .threshold = seconds(1), .sustained = seconds(10)};
  demand_.ttft = latencies(10);
  EXPECT_EQ(votes(slow)[0].replicas, 4);
  demand_.ttft = {};
  EXPECT_EQ(votes(slow, seconds(5))[0].replicas, 4);
  EXPECT_TRUE(votes(slow, TriggerVotes::kLatencyWindow / seconds(1) * seconds(1)).empty());
}

TEST(HistogramWindowTest, OtherBoundsBeginAnew) {
  HistogramWindow window(seconds(15));
  window.add(kBegin, latencies(3));
  window.add(kBegin + seconds(1), latencies(4));
  EXPECT_EQ(window.total().count(), 7U);
  window.add(kBegin + seconds(2), {.bounds_s = {5}, .counts = {1, 0}});
  EXPECT_EQ(window.total().count(), 1U);
}

}  // namespace
}  // namespace penstock::autoscale

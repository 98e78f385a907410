#include "operator/autoscale/scaler.h"

#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/operator/autoscale/sights.h"

namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ScalerTest, AScheduleIsAFloorALeadTimeEarly) {
  ScalerSettings wanted = settings();
  wanted.schedules = {{.weekdays = 0b0000010, .from = hours(9), .until = hours(17), .replicas = 6}};
  Scaler scaler("ns/a", wanted);
  const milliseconds lead = scaler.lead_time().duration;
  ASSERT_GT(lead, seconds(1));
  const auto at = [&](Time now) { return scaler.tick(serving(now, 2, 1)).decision; };
  EXPECT_EQ(at(kMonday + hours(9) - lead - seconds(1)).desired, 2);
  const Decision early = at(kMonday + hours(9) - lead);
  EXPECT_EQ(early.desired, 6);
  EXPECT_EQ(early.reason, Reason::kFloor);
}

TEST(ScalerTest, TriggersVote) {
  ScalerSettings wanted = settings();
  wanted.triggers = {{.type = api::ScalingTriggerType::kQueueDepth, .waiting_per_replica = 2}};
  Scaler scaler("ns/a", wanted);
  Sight sight = serving(kMonday, 2, 1);
  for (PodSight& pod : sight.pods) {
    pod.signals->waiting = 5;
  }
  const Decision decision = scaler.tick(sight).decision;
  EXPECT_EQ(decision.desired, 5);
  EXPECT_EQ(decision.reason, Reason::kTrigger);
}

TEST(ScalerTest, ATriggerThatFailedIsToldAndKeepsWhatThereIs) {
  ScalerSettings wanted = settings();
  wanted.triggers = {{.type = api::ScalingTriggerType::kCpu}};
  Scaler scaler("ns/a", wanted);
  Decision last;
  for (int second = 0; second < 1'200; ++second) {
    Sight sight = serving(kMonday + seconds(second), 8, 0.1);
    sight.cpu.problem = "the cluster serves no metrics.k8s.io";
    last = scaler.tick(sight).decision;
    ASSERT_EQ(last.desired, 8) << second;
  }
  const Finding& metrics = last.conditions.at(1);
  EXPECT_EQ(metrics.status, api::ConditionStatus::kFalse);
  EXPECT_EQ(metrics.reason, "TriggerMetricsMissing");
  EXPECT_EQ(metrics.message,
            "trigger CPU: the cluster serves no metrics.k8s.io; replicas may grow and do not "
            "shrink");
}

TEST(ScalerTest, WhatEnginesCanHoldIsKnownAtZeroReplicas) {
  Scaler scaler("ns/a", settings());
  Sight sight = serving(kMonday, 1, 1);
  sight.pods.front().limits.kv_tokens = 1'000;
  const auto kv = scaler.tick(sight).inputs.capacity.one.kv;
  ASSERT_TRUE(kv);
  EXPECT_EQ(scaler.tick(serving(kMonday + seconds(1), 0, 0)).inputs.capacity.one.kv, kv);
}

TEST(ScalerTest, WhatEnginesCanHoldIsLearnedAnewOnceTheyAreOthers) {
  Scaler scaler("ns/a", settings());
  const auto look = [&scaler](int second, const std::string& revision, EngineLimits limits) {
    Sight sight = serving(kMonday + seconds(second), 1, 1);
    sight.pods.front().created += seconds(second);
    sight.pods.front().revision = revision;
    sight.pods.front().limits = limits;
    return scaler.tick(sight).inputs.capacity.one.kv;
  };
  EXPECT_EQ(look(0, "old", {.kv_tokens = 1'000}), 800);
  EXPECT_EQ(look(1, "old", {}), 800) << "the same engine, which says nothing for a moment";
  EXPECT_EQ(look(2, "new", {}), std::nullopt);
  EXPECT_EQ(look(3, "new", {.kv_tokens = 4'000}), 3'200);
  EXPECT_EQ(scaler.tick(serving(kMonday + seconds(4), 0, 0)).inputs.capacity.one.kv, 3'200);
}

TEST(ScalerTest, WhileEnginesAreReplacedTheSmallerLimitCounts) {
  Scaler scaler("ns/a", settings());
  Sight sight = serving(kMonday, 2, 1);
  sight.pods[0].revision = "old";
  sight.pods[0].limits.kv_tokens = 1'000;
  sight.pods[1].revision = "new";
  sight.pods[1].created += seconds(1);
  sight.pods[1].limits.kv_tokens = 4'000;
  EXPECT_EQ(scaler.tick(sight).inputs.capacity.one.kv, 800);
  sight.now += seconds(1);
  sight.pods.erase(sight.pods.begin());
  sight.pods[0].limits = {};
  EXPECT_EQ(scaler.tick(sight).inputs.capacity.one.kv, 3'200) << "the old one's is no limit more";
}

// A step from 1 to 10 requests/s of 1,000 tokens that take longer than the step is old.
TEST(ScalerTest, AStepIsSeenInTheStableWindowWhereOnlyTokensAreKnownOfAReplica) {
  ScalerSettings wanted = settings();
  wanted.configured = {.prefill = 2'000};
  wanted.decisions.replicas_min = 2;
  Scaler scaler("ns/a", wanted);
  const auto look = [&scaler](int second, double began) {
    Sight sight = serving(kMonday + seconds(second), 2, began / 2);
    for (PodSight& pod : sight.pods) {
      pod.signals->prefill_tokens_per_s = 500;
      pod.signals->decode_tokens_per_s = 50;
    }
    return scaler.tick(sight);
  };
  for (int second = 0; second < 600; ++second) {
    ASSERT_EQ(look(second, 1).decision.desired, 2) << second;
  }
  DecisionRecord last;
  for (int second = 600; second < 620; ++second) {
    last = look(second, 10);
  }
  // 10 requests/s of the mean request, of which those that have not ended count as empty so far:
  // 620 s of 1,000 tokens/s over 800 requests.
  EXPECT_NEAR(last.inputs.observed.stable.prefill.value_or(0), 7'750, 50);
  EXPECT_GE(last.decision.desired, 5);
}

// Two hundred half minutes of full replicas, and six of those that another revision has.
TEST(ScalerTest, WhatFullReplicasCarryIsLearnedAnewWithTheTemplate) {
  ScalerSettings wanted = settings();
  wanted.configured = {};
  Scaler scaler("ns/a", wanted);
  const auto run = [&scaler](int from, int to, const std::string& revision, double requests) {
    std::optional<double> capacity;
    for (int second = from; second < to; ++second) {
      Sight sight = serving(kMonday + seconds(second), 1, requests);
      sight.pods[0].revision = revision;
      sight.pods[0].signals->waiting = 10;
      capacity = scaler.tick(sight).inputs.capacity.one.requests;
    }
    return capacity;
  };
  EXPECT_EQ(run(0, 6'000, "old", 12), 12);
  EXPECT_EQ(run(6'000, 6'060, "new", 3), 12) << "the old one's newest stand until there are others";
  EXPECT_EQ(run(6'060, 6'200, "new", 3), 3);
}

// What two of three replicas have is another's only once another has more of them.
TEST(ScalerTest, ACanaryAndAStartingPodAreNotTheEngine) {
  ScalerSettings wanted = settings();
  wanted.configured = {};
  Scaler scaler("ns/a", wanted);
  const auto run = [&scaler](int from, int to, double each, const auto& change) {
    std::optional<double> capacity;
    for (int second = from; second < to; ++second) {
      Sight sight = serving(kMonday + seconds(second), 3, each);
      for (PodSight& pod : sight.pods) {
        pod.revision = "old";
        pod.signals->waiting = 10;
      }
      change(sight);
      capacity = scaler.tick(sight).inputs.capacity.one.requests;
    }
    return capacity;
  };
  const auto as_it_is = [](Sight&) {};
  const auto canary = [](Sight& sight) {
    sight.pods[2].revision = "new";
    sight.pods[2].created = sight.now;
  };
  const auto starts = [](Sight& sight) {
    for (const char* name : {"d", "e", "f", "g"}) {
      sight.pods.push_back({.name = name, .created = sight.now, .revision = "new"});
    }
  };
  EXPECT_EQ(run(0, 6'000, 12, as_it_is), 12);
  EXPECT_EQ(run(6'000, 6'200, 3, canary), 12);
  EXPECT_EQ(run(6'200, 6'400, 3, starts), 12);
  const auto rolled = [](Sight& sight) {
    sight.pods[1].revision = "new";
    sight.pods[2].revision = "new";
  };
  EXPECT_EQ(run(6'400, 6'600, 3, rolled), 3);
}

// 20 requests/s of a replica, within a second for the first token, and then 300 ms are asked for.
TEST(ScalerTest, WhatWasCarriedProvesNothingOfATighterObjective) {
  ScalerSettings wanted = settings();
  wanted.configured = {};
  wanted.decisions.objectives = {.ttft_ms = 10'000, .itl_ms = 1'000};
  Scaler scaler("ns/a", wanted);
  const auto run = [&scaler](int from, int to) {
    std::optional<double> capacity;
    for (int second = from; second < to; ++second) {
      Sight sight = serving(kMonday + seconds(second), 1, 20);
      sight.pods[0].signals = Signals{.requests_per_s = 20,
                                      .ended_per_s = 20,
                                      .prefill_tokens_per_s = 20'000,
                                      .decode_tokens_per_s = 4'000,
                                      .running = 100,
                                      .waiting = 0,
                                      .ttft = {{0.9, 1.1}, {0, 20, 0}, 20},
                                      .tpot = {{0.1, 0.3}, {0, 20, 0}, 4}};
      capacity = scaler.tick(sight).inputs.capacity.one.requests;
    }
    return capacity.value_or(0);
  };
  EXPECT_GE(run(0, 3'600), 20);
  wanted.decisions.objectives.itl_ms = 20;
  scaler.set(wanted);
  EXPECT_LT(run(3'600, 3'660), 10);
}

TEST(ScalerTest, CapacityIsLearnedOfEachAcceleratorByItself) {
  ScalerSettings wanted = settings();
  wanted.configured = {};
  Scaler scaler("ns/a", wanted);
  const auto run = [&](Time from, const std::string& accelerator, double requests) {
    DecisionRecord last;
    for (int second = 0; second < 200; ++second) {
      Sight sight = serving(from + seconds(second), 1, requests);
      sight.pods[0].accelerator = accelerator;
      sight.pods[0].signals->waiting = 10;
      last = scaler.tick(sight);
    }
    return last.inputs.capacity.one.requests;
  };
  EXPECT_EQ(run(kMonday, "H100", 12), 12);
  EXPECT_EQ(run(kMonday + minutes(10), "L4", 3), 3) << "not the median of both";
  EXPECT_EQ(run(kMonday + minutes(20), "H100", 12), 12);
  // Pods that wait for a node have no accelerator yet, and at zero there is none.
  Sight waiting = serving(kMonday + minutes(24), 1, 12);
  waiting.pods[0].accelerator = "H100";
  for (int pod = 0; pod < 3; ++pod) {
    waiting.pods.push_back({.name = "new" + std::to_string(pod), .created = waiting.now});
  }
  EXPECT_EQ(scaler.tick(waiting).inputs.capacity.one.requests, 12);
  EXPECT_EQ(scaler.tick(serving(kMonday + minutes(25), 0, 0)).inputs.accelerator, "H100");
}

}  // namespace
}  // namespace penstock::autoscale

#include <gtest/gtest.h>

#include "operator/autoscale/scaler.h"
#include "tests/operator/autoscale/sights.h"

// What a Scaler learns of pods, and what it must not.
namespace penstock::autoscale {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

ScalerSettings promised() {
  ScalerSettings result = settings();
  result.configured = {};
  result.decisions.objectives = {.ttft_ms = 2'000, .itl_ms = 50};
  return result;
}

// Requests/s of a replica after so many seconds of one that woke and said in its first minutes
// `young`, then `warm`.
std::optional<double> after_waking(int until_s, const Signals& young, const Signals& warm) {
  Scaler scaler("ns/a", promised());
  std::optional<double> capacity;
  for (int second = 0; second < until_s; ++second) {
    Sight sight = serving(kMonday + seconds(second), 1, 0);
    sight.pods[0].created = kMonday - seconds(90);
    sight.pods[0].ready_since = kMonday;
    sight.pods[0].signals = second < 180 ? young : warm;
    capacity = scaler.tick(sight).inputs.capacity.one.requests;
  }
  return capacity;
}

// An engine that compiles while it serves: five times slower at first.
TEST(ScalerLearningTest, YoungPodsAreNoSlowEngine) {
  const Signals warm = modelled(3);
  const std::optional<double> wanted = after_waking(600, warm, warm);
  ASSERT_TRUE(wanted);
  const std::optional<double> found = after_waking(600, modelled(1, slower(5)), warm);
  ASSERT_TRUE(found);
  EXPECT_NEAR(*found, *wanted, 0.05 * *wanted);
}

TEST(ScalerLearningTest, WhatAReplicaServesIsLearnedOfEachAcceleratorByItself) {
  Scaler scaler("ns/a", promised());
  const auto run = [&scaler](int from_s, int to_s, const std::string& gpu, const Signals& said) {
    std::optional<double> capacity;
    for (int second = from_s; second < to_s; ++second) {
      Sight sight = serving(kMonday + seconds(second), 1, 0);
      sight.pods[0].accelerator = gpu;
      sight.pods[0].signals = said;
      capacity = scaler.tick(sight).inputs.capacity.one.requests;
    }
    return capacity;
  };
  const double fast = run(0, 1'800, "H100", modelled(8)).value_or(0);
  ASSERT_GT(fast, 8);
  const Signals weak = modelled(2, slower(3));
  EXPECT_EQ(run(1'800, 1'801, "L4", weak), std::nullopt) << "what an H100 serves says nothing";
  const double slow = run(1'801, 3'600, "L4", weak).value_or(0);
  EXPECT_GT(slow, 1);
  EXPECT_LT(slow, 0.6 * fast);
  EXPECT_NEAR(run(3'600, 3'601, "H100", modelled(8)).value_or(0), fast, 0.05 * fast)
      << "known at once, once it is back";
}

// So many pods of 5 hours; those of `unready` do not serve.
Sight old_pods(Time now, int replicas, int unready) {
  Sight sight = serving(now, replicas, 1);
  for (int i = 0; i < replicas; ++i) {
    PodSight& pod = sight.pods[static_cast<std::size_t>(i)];
    pod.created = kMonday - hours(5);
    if (i < unready) {
      pod.ready_since.reset();
    }
  }
  return sight;
}

// N of the queue model, as an engine's command line says it, or as its cache has room for it.
TEST(ScalerLearningTest, HowManyAreServedAtOnceIsSaidOrFollowsFromTheCache) {
  const auto batch_max = [](const EngineLimits& limits) {
    Scaler scaler("ns/a", promised());
    int found = 0;
    for (int second = 0; second < 900; ++second) {
      Sight sight = serving(kMonday + seconds(second), 1, 0);
      sight.pods[0].signals = modelled(3);
      sight.pods[0].limits = limits;
      const DecisionRecord record = scaler.tick(sight);
      found = record.inputs.service ? record.inputs.service->bounds.batch_max : 0;
    }
    return found;
  };
  EXPECT_EQ(batch_max({.sequences_max = 128}), 128);
  EXPECT_EQ(batch_max({}), 64);
  EXPECT_EQ(batch_max({.kv_tokens = 1e6}), 256);
  EXPECT_NEAR(batch_max({.kv_tokens = 110'000}), 100, 1) << "of 1,000 tokens in and 200 out";
}

TEST(ScalerLearningTest, APodThatIsReadyAgainWasNotStarted) {
  Scaler scaler("ns/a", settings());
  const LeadTime before = scaler.lead_time();
  for (int second = 0; second < 60; ++second) {
    const Time now = kMonday + seconds(second);
    Sight sight = old_pods(now, 3, second == 30 ? 3 : 0);
    for (PodSight& pod : sight.pods) {
      pod.ready_since = second > 30 ? kMonday + seconds(31) : pod.ready_since;
    }
    scaler.tick(sight);
  }
  EXPECT_FALSE(scaler.lead_time().measured);
  EXPECT_EQ(scaler.lead_time().duration, before.duration);
}

// A node that was away, as another operator begins to lead.
TEST(ScalerLearningTest, PodsThatANewLeaderFindsUnreadyWereNotStarted) {
  Scaler scaler("ns/a", settings());
  scaler.tick(old_pods(kMonday, 3, 3));
  for (int second = 1; second < 60; ++second) {
    Sight sight = old_pods(kMonday + seconds(second), 3, 0);
    for (PodSight& pod : sight.pods) {
      pod.ready_since = kMonday + seconds(1);
    }
    scaler.tick(sight);
  }
  EXPECT_FALSE(scaler.lead_time().measured);
}

TEST(ScalerLearningTest, APodThatMissesItsReadinessIsNotStarved) {
  Scaler scaler("ns/a", settings());
  scaler.tick(old_pods(kMonday, 3, 0));
  const Decision decision = scaler.tick(old_pods(kMonday + seconds(1), 3, 1)).decision;
  const Finding& starved = decision.conditions.at(2);
  ASSERT_EQ(starved.type, "CapacityStarved");
  EXPECT_EQ(starved.status, api::ConditionStatus::kFalse) << starved.message;
}

// Five are asked for, and a quota allows one.
TEST(ScalerLearningTest, ReplicasWithoutAPodStarve) {
  Scaler scaler("ns/a", settings());
  const auto at = [&scaler](Time now) {
    Sight sight = serving(now, 1, 1);
    sight.replicas = 5;
    return scaler.tick(sight).decision;
  };
  const Decision first = at(kMonday);
  EXPECT_EQ(first.supply, 5);
  EXPECT_EQ(first.conditions.at(2).reason, "AsExpected");
  EXPECT_EQ(at(kMonday + minutes(10) - seconds(1)).conditions.at(2).reason, "AsExpected");
  const Decision late = at(kMonday + minutes(10));
  EXPECT_EQ(late.supply, 1);
  EXPECT_EQ(late.conditions.at(2).reason, "StartDeadlineExceeded");
  EXPECT_TRUE(late.conditions.at(2).message.starts_with("4 of 5 replicas did not start"));
}

TEST(ScalerLearningTest, ABurstFindsRoomBesideTheLoad) {
  ScalerSettings wanted = settings();
  wanted.burst_requests = 60;
  Scaler scaler("ns/a", wanted);
  // 0.4 full replicas of load and 6 of a burst within a second, at 80 %.
  const DecisionRecord record = scaler.tick(serving(kMonday, 4, 1));
  EXPECT_EQ(record.decision.desired, 8);
  EXPECT_EQ(record.decision.reason, Reason::kBurst);
  EXPECT_EQ(replay(record), record.decision);
  EXPECT_EQ(scaler.tick(serving(kMonday + seconds(1), 8, 0.5)).decision.reason, Reason::kSteady);
}

}  // namespace
}  // namespace penstock::autoscale

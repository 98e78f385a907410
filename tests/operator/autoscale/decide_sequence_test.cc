// Decisions in a row: what the state is for, and the failures of peers that it must not repeat.

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/autoscale/decision.h"
#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

using std::chrono::minutes;

// A target that does at once what it is told.
class Loop {
 public:
  explicit Loop(int replicas, State state = {}) : replicas_(replicas), state_(std::move(state)) {}

  Decision step(const Inputs& inputs) {
    Outcome outcome = decide(inputs, std::move(state_));
    state_ = std::move(outcome.state);
    replicas_ = outcome.decision.write.value_or(replicas_);
    return outcome.decision;
  }
  Decision step(int second, double load) { return step(serving(second, replicas_, load)); }

  [[nodiscard]] int replicas() const { return replicas_; }
  State& state() { return state_; }

 private:
  int replicas_;
  State state_;
};

// 5, 2, 4, 3, 4, 3 … where a mean per pod is taken for the total.
TEST(DecideSequenceTest, AConstantLoadEndsAtOneNumber) {
  Loop loop(5, settled(5));
  for (int second = 0; second < 1'200; second += 10) {
    loop.step(second, 80);
    EXPECT_EQ(loop.replicas(), 10) << second;
  }
}

// 2 <-> 1: what consolidation lets go never comes back for the same load.
TEST(DecideSequenceTest, NoLoadMakesItOscillate) {
  for (double load = 1; load < 60; load += 0.7) {
    Loop loop(9, settled(9));
    std::vector<int> counts;
    for (int second = 0; second < 600; second += 5) {
      loop.step(second, load);
      counts.push_back(loop.replicas());
    }
    EXPECT_TRUE(std::ranges::is_sorted(counts, std::ranges::greater{})) << load;
  }
}

TEST(DecideSequenceTest, ARestartShrinksNothingForAStableWindow) {
  Loop loop(8);
  for (int second = 0; second <= 60; second += 5) {
    loop.step(second, 1);
    EXPECT_EQ(loop.replicas(), 8) << second;
  }
  loop.step(65, 1);
  EXPECT_EQ(loop.replicas(), 4);
}

TEST(DecideSequenceTest, AnOperatorRestartAtEachStepChangesNoGrowth) {
  int replicas = 2;
  for (int second = 0; second < 60; second += 15) {
    replicas = decide(serving(second, replicas, 160), {}).decision.desired;
  }
  EXPECT_EQ(replicas, 20);
}

TEST(DecideSequenceTest, OneLowSampleInFiveMinutesDropsNothing) {
  Loop loop(8, settled(8));
  for (int second = 0; second < 900; second += 15) {
    Inputs inputs = serving(second, loop.replicas(), second == 450 ? 0.0 : 64.0);
    inputs.settings.behavior.down.stabilization_window = minutes(5);
    loop.step(inputs);
    EXPECT_EQ(loop.replicas(), 8) << second;
  }
}

TEST(DecideSequenceTest, ALongSilenceIsFollowedByAWholeWindow) {
  Loop loop(8, settled(8));
  const auto at = [&](int second, std::optional<double> load) {
    Inputs inputs = serving(second, loop.replicas(), load.value_or(0));
    inputs.settings.behavior.down.stabilization_window = minutes(5);
    if (!load) {
      inputs.observed.stable = {};
      inputs.observed.panic = {};
    }
    return loop.step(inputs);
  };
  at(0, 64);
  for (int second = 15; second <= 1'500; second += 15) {
    EXPECT_EQ(at(second, std::nullopt).reason, Reason::kMetricsMissing);
  }
  // Like a restart: panic for a stable window (until second 1,575), which holds eight; then five
  // minutes of the stabilisation window.
  for (int second = 1'515; second < 1'875; second += 15) {
    EXPECT_EQ(at(second, 8).desired, 8) << second;
  }
  EXPECT_EQ(at(1'875, 8).desired, 4);
}

// Pods that start are supply until their deadline; none of it stops further growth.
TEST(DecideSequenceTest, StartingReplicasAreSupplyUntilTheyAreLate) {
  State state = settled(8);
  Inputs inputs = serving(0, 8, 64);
  inputs.target.ready = 3;
  inputs.target.starting = {{kStartMs - 599'999, 2}, {kStartMs - 1'000, 3}};
  Outcome outcome = decide(inputs, state);
  EXPECT_EQ(outcome.decision.supply, 8);
  EXPECT_EQ(outcome.decision.desired, 8);
  EXPECT_EQ(outcome.decision.conditions[2].status, api::ConditionStatus::kFalse);

  inputs.now_ms += 1;
  outcome = decide(inputs, state);
  EXPECT_EQ(outcome.decision.supply, 6);
  EXPECT_EQ(outcome.decision.conditions[2].type, "CapacityStarved");
  EXPECT_EQ(outcome.decision.conditions[2].status, api::ConditionStatus::kTrue);
  EXPECT_TRUE(outcome.decision.conditions[2].message.starts_with("2 of 8 replicas did not start"));
  EXPECT_EQ(outcome.decision.desired, 8) << "more Pending pods would not help";

  inputs.observed.stable = inputs.observed.panic = {.requests = 96};
  EXPECT_EQ(decide(inputs, state).decision.desired, 12) << "late pods do not freeze the rest";
}

TEST(DecideSequenceTest, APersonsReplicasStandForAWhile) {
  Loop loop(8, settled(8));
  const auto hold = std::chrono::duration_cast<std::chrono::seconds>(Settings{}.drift_respected);
  Inputs inputs = serving(0, 3, 64);  // somebody set three
  Decision decision = loop.step(inputs);
  EXPECT_EQ(decision.withheld, Withheld::kManualOverride);
  EXPECT_EQ(decision.write, std::nullopt);
  EXPECT_EQ(decision.desired, 7) << "3 + 4 in 15 s: it still says what it would do";
  inputs = serving(static_cast<int>(hold.count()) - 1, 3, 64);
  EXPECT_EQ(loop.step(inputs).write, std::nullopt);
  inputs = serving(static_cast<int>(hold.count()), 3, 64);
  EXPECT_EQ(loop.step(inputs).write, 7);
}

// Whoever applied them, and takes them out of that as a Conflict asks, does not want one replica.
TEST(DecideSequenceTest, TheDefaultIsNobodysWish) {
  Loop loop(8, settled(8));
  Inputs inputs = serving(0, 8, 64);
  inputs.target.other_scaler = "field manager \"gitops\"";
  loop.step(inputs);
  inputs = serving(1, 1, 64);
  inputs.target.defaulted = true;
  const Decision decision = loop.step(inputs);
  EXPECT_EQ(decision.withheld, Withheld::kNo);
  EXPECT_EQ(decision.write, 8);
  EXPECT_EQ(decision.reason, Reason::kRestored);
  EXPECT_EQ(loop.step(2, 64).write, std::nullopt) << "that is all";
}

TEST(DecideSequenceTest, WhatFellToTheDefaultIsSetAgainUntilSomebodySaysHowMany) {
  Loop loop(8, settled(8));
  Inputs inputs = serving(0, 1, 64);
  inputs.target.defaulted = true;
  EXPECT_EQ(loop.step(inputs).write, 8);
  inputs = serving(1, 1, 64);  // refused
  inputs.target.defaulted = true;
  EXPECT_EQ(loop.step(inputs).write, 8);
  const Decision decision = loop.step(serving(2, 1, 64));  // "kubectl scale --replicas=1"
  EXPECT_NE(decision.reason, Reason::kRestored);
}

TEST(DecideSequenceTest, RestoresNoMoreThanThePolicyAllows) {
  Inputs inputs = serving(0, 1, 64);
  inputs.target.defaulted = true;
  inputs.settings.replicas_max = 5;
  EXPECT_EQ(decide(inputs, settled(8)).decision.write, 5);
}

TEST(DecideSequenceTest, DriftCanBeDisregarded) {
  Inputs inputs = serving(0, 3, 24);
  inputs.settings.drift_respected = milliseconds(0);
  inputs.observed.stable = inputs.observed.panic = {.requests = 48};
  EXPECT_EQ(decide(inputs, settled(8)).decision.write, 6);
}

// Our writes come back through the watch one after the other, and late: none of them is drift.
TEST(DecideSequenceTest, EchoesOfOurWritesAreNoDrift) {
  State state = settled(8);
  Outcome first = decide(serving(0, 8, 96), state);
  EXPECT_EQ(first.decision.write, 12);
  Outcome second = decide(serving(1, 8, 112), first.state);
  EXPECT_EQ(second.decision.write, 14);
  const Outcome third = decide(serving(2, 12, 112), second.state);  // the first arrives
  EXPECT_EQ(third.decision.withheld, Withheld::kNo);
  const Outcome fourth = decide(serving(3, 14, 112), third.state);
  EXPECT_EQ(fourth.decision.withheld, Withheld::kNo);
  EXPECT_EQ(fourth.state.behavior.added,
            (std::vector<TimedCount>{{kStartMs + 2'000, 4}, {kStartMs + 3'000, 2}}));
}

// A write that never arrived is asked for again and has limited nothing.
TEST(DecideSequenceTest, ALostWriteIsRepeated) {
  const Outcome first = decide(serving(0, 8, 800), settled(8));
  EXPECT_EQ(first.decision.write, 16);
  const Outcome again = decide(serving(5, 8, 800), first.state);
  EXPECT_EQ(again.decision.write, 16);
  EXPECT_TRUE(again.state.behavior.added.empty());
}

TEST(DecideSequenceTest, RateLimitsHoldOverSeveralDecisions) {
  Loop loop(4, settled(4));
  EXPECT_EQ(loop.step(0, 800).write, 8);  // + 100 %, and + 4
  EXPECT_EQ(loop.step(5, 800).write, std::nullopt);
  EXPECT_EQ(loop.step(15, 800).write, std::nullopt) << "seen at second 5, counted until 20";
  EXPECT_EQ(loop.step(20, 800).write, 16);
}

TEST(DecideSequenceTest, AnotherScalersChangesAreNotDrift) {
  Loop loop(8, settled(8));
  Inputs inputs = serving(0, 5, 64);
  inputs.target.other_scaler = "HorizontalPodAutoscaler web";
  EXPECT_EQ(loop.step(inputs).withheld, Withheld::kConflict);
  inputs = serving(10, 5, 64);  // it is gone
  const Decision decision = loop.step(inputs);
  EXPECT_EQ(decision.withheld, Withheld::kNo);
  EXPECT_EQ(decision.write, 8);
}

// What we wrote before somebody took over is not ours when it comes again.
TEST(DecideSequenceTest, OldWritesAreForgottenOutsideEnforce) {
  Loop loop(8, settled(8));
  EXPECT_EQ(loop.step(0, 96).write, 12);
  Inputs inputs = serving(5, 8, 64);
  inputs.settings.mode = Mode::kAdvise;
  loop.step(inputs);
  EXPECT_EQ(loop.step(serving(10, 12, 64)).withheld, Withheld::kManualOverride);
}

TEST(DecideSequenceTest, SleepsAndWakes) {
  Loop loop(1, settled(1));
  const auto quiet = [&](int second, int held) {
    Inputs inputs = serving(second, loop.replicas(), 0);
    inputs.settings.scale_to_zero = {.enabled = true, .idle = minutes(10)};
    inputs.observed.active_ms = kStartMs;
    inputs.observed.held_requests = held;
    return loop.step(inputs);
  };
  EXPECT_EQ(quiet(599, 0).desired, 1);
  EXPECT_EQ(quiet(600, 0).write, 0);
  EXPECT_EQ(quiet(900, 0).desired, 0);
  EXPECT_EQ(quiet(901, 2).write, 1);
  // The pod starts; its request is still held, and a held request is activity.
  EXPECT_EQ(quiet(902, 2).desired, 1);
}

// A person's zero is a pause, ours was a rest.
TEST(DecideSequenceTest, WhoMayNoLongerRestIsWoken) {
  Loop loop(1, settled(1));
  Inputs inputs = serving(0, 1, 0);
  inputs.settings.scale_to_zero = {.enabled = true, .idle = minutes(10)};
  inputs.observed.active_ms = inputs.now_ms - 600'000;
  loop.step(inputs);
  ASSERT_EQ(loop.replicas(), 0);
  inputs = serving(10, 0, 0);
  const Decision woken = loop.step(inputs);
  EXPECT_EQ(woken.reason, Reason::kFloor);
  EXPECT_EQ(loop.replicas(), 1);
}

TEST(DecideSequenceTest, TwoTargetsShareNothing) {
  Loop calm(8, settled(8));
  Loop busy(8, settled(8));
  for (int second = 0; second < 60; second += 5) {
    calm.step(second, 64);
    busy.step(second, 500);
  }
  EXPECT_EQ(calm.replicas(), 8);
  EXPECT_GT(busy.replicas(), 8);
}

}  // namespace
}  // namespace penstock::autoscale

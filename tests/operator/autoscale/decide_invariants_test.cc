// What holds for every decision, whatever the inputs: tried on many that nobody would write.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "operator/autoscale/decision_record.h"
#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

// A fixed sequence of numbers; equal on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  int below(int sides) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<int>((state_ >> 33) % static_cast<std::uint64_t>(sides));
  }
  bool one_in(int sides) { return below(sides) == 0; }

 private:
  std::uint64_t state_;
};

Settings any_settings(Dice& dice) {
  Settings settings;
  settings.mode = dice.one_in(10) ? Mode::kOff : dice.one_in(5) ? Mode::kAdvise : Mode::kEnforce;
  settings.replicas_min = dice.below(6);
  settings.replicas_max = dice.below(40);  // also below the minimum
  settings.utilization = dice.below(11) / 10.0;
  settings.reactive.max_scale_up_rate = dice.below(5);
  settings.reactive.max_scale_down_rate = dice.below(4);
  settings.predictive.utilization = dice.below(11) / 10.0;
  settings.behavior.down.stabilization_window = milliseconds(dice.below(3) * 60'000);
  settings.behavior.up.stabilization_window = milliseconds(dice.below(2) * 30'000);
  if (dice.one_in(3)) {
    settings.behavior.up.policies.clear();
    settings.behavior.down.policies = {{PolicyType::kPercent, 1 + dice.below(150)}};
  }
  settings.scale_to_zero.enabled = dice.one_in(2);
  if (dice.one_in(2)) {
    settings.budget.replicas = dice.below(5);
  }
  settings.objectives.itl_ms = 1 + dice.below(30);
  return settings;
}

Inputs any_inputs(Dice& dice, int second, int replicas) {
  Inputs inputs = serving(second, replicas, dice.below(400));
  inputs.settings = any_settings(dice);
  inputs.scheduled_floor = dice.one_in(4) ? dice.below(10) : 0;
  inputs.target.ready = dice.below(replicas + 1);
  inputs.target.starting = {
      {inputs.now_ms - dice.below(1'000'000), replicas - inputs.target.ready}};
  inputs.observed.panic.requests = dice.below(400);
  inputs.observed.tail.requests = dice.below(400);
  inputs.observed.coverage = dice.below(11) / 10.0;
  inputs.observed.missing_pods = dice.one_in(4) ? dice.below(5) : 0;
  inputs.observed.held_requests = dice.one_in(4) ? 1 : 0;
  inputs.observed.active_ms = inputs.now_ms - dice.below(1'200'000);
  if (dice.one_in(5)) {
    inputs.observed.stable = {};
  }
  if (dice.one_in(5)) {
    inputs.capacity.one = {.kv = 1};
  }
  if (dice.one_in(3)) {
    inputs.service = {{6, 0.05, 2e-5}, {1'154, 211}, {64, 256}};
  }
  if (dice.one_in(3)) {
    inputs.votes = {{"cpu", dice.below(40), ""}, {"queue", std::nullopt, ""}};
  }
  if (dice.one_in(2)) {
    inputs.forecasts = {forecast(dice.below(300), dice.below(600))};
  }
  if (dice.one_in(20)) {
    inputs.target.other_scaler = "HorizontalPodAutoscaler web";
  }
  return inputs;
}

void expect_sound(const Inputs& inputs, const Decision& decision) {
  const Settings& settings = inputs.settings;
  EXPECT_GE(decision.desired, 0);
  if (settings.mode != Mode::kOff) {
    EXPECT_LE(decision.desired, settings.replicas_max);
  }
  if (decision.desired == 0 && decision.current > 0) {
    EXPECT_TRUE(decision.reason == Reason::kIdle || settings.replicas_max == 0);
  }
  if (decision.write) {
    EXPECT_EQ(settings.mode, Mode::kEnforce);
    EXPECT_TRUE(inputs.target.other_scaler.empty());
    EXPECT_EQ(*decision.write, decision.desired);
    EXPECT_NE(*decision.write, decision.current);
  }
  const bool blind = inputs.observed.stable == Load{};
  if (blind && decision.desired < decision.current) {
    EXPECT_EQ(decision.desired, settings.replicas_max) << "blind: only its maximum takes any away";
  }
  EXPECT_EQ(decision.conditions.size(), 4U);
}

TEST(DecideInvariantsTest, HoldForEveryInput) {
  Dice dice(7);
  for (int run = 0; run < 300; ++run) {
    State state;
    int replicas = dice.below(30);
    int second = 0;
    for (int step = 0; step < 40; ++step) {
      second += 1 + dice.below(90);
      DecisionRecord record{.inputs = any_inputs(dice, second, replicas), .state = state};
      Outcome outcome = decide(record.inputs, record.state);
      expect_sound(record.inputs, outcome.decision);
      EXPECT_EQ(replay(record), outcome.decision) << "the same again";
      state = std::move(outcome.state);
      replicas = dice.one_in(15) ? dice.below(30) : outcome.decision.write.value_or(replicas);
      ASSERT_FALSE(HasFailure()) << "run " << run << ", step " << step;
    }
  }
}

// More load never leads to fewer replicas, all else being equal.
TEST(DecideInvariantsTest, MoreLoadNeverMeansFewer) {
  Dice dice(11);
  for (int run = 0; run < 2'000; ++run) {
    const int replicas = 1 + dice.below(30);
    Inputs inputs = serving(0, replicas, 0);
    int before = 0;
    for (double load = 0; load < 500; load += 25) {
      inputs.observed.stable = inputs.observed.panic = inputs.observed.tail = {.requests = load};
      const int desired = decide(inputs, settled(replicas)).decision.desired;
      ASSERT_GE(desired, before) << replicas << " at " << load;
      before = desired;
    }
  }
}

}  // namespace
}  // namespace penstock::autoscale

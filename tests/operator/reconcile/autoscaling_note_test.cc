#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

// What the autoscaler says of a policy, in the policy's status.
namespace penstock::reconcile {
namespace {

const Settings kSettings;

World autoscaled(const std::string& mode = "Enforce") {
  World seen =
      world(policy("p", "{selector: {matchLabels: {app: llm}}, autoscaling: {mode: " + mode +
                            ", target: {name: engine}, maxReplicas: 4}}"));
  return seen;
}

AutoscalingNote note() {
  return {.status = {.current = 2, .desired = 3, .reason = "Load"},
          .conditions = {
              {"ScalingActive", api::ConditionStatus::kTrue, "Enforcing", "m"},
              {"CapacityStarved", api::ConditionStatus::kTrue, "StartDeadlineExceeded", "1 of 3"}}};
}

const api::Condition* find(const Plan& plan, const std::string& type) {
  const auto found = std::ranges::find(plan.status.conditions, type, &api::Condition::type);
  return found == plan.status.conditions.end() ? nullptr : &*found;
}

TEST(AutoscalingNoteTest, StandsInTheStatusAndBadNewsIsAWarning) {
  World seen = autoscaled();
  seen.autoscaling = note();
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.status.autoscaling);
  EXPECT_EQ(plan.status.autoscaling->desired, 3U);
  ASSERT_NE(find(plan, "ScalingActive"), nullptr);
  EXPECT_EQ(find(plan, "ScalingActive")->reason, "Enforcing");
  const auto event =
      std::ranges::find(plan.events, "CapacityStarvedStartDeadlineExceeded", &PlannedEvent::reason);
  ASSERT_NE(event, plan.events.end());
  EXPECT_TRUE(event->warning);
}

TEST(AutoscalingNoteTest, WhatWasSaidLastStandsUntilTheAutoscalerLooks) {
  World seen = autoscaled();
  seen.autoscaling = note();
  auto before = std::make_shared<Policy>(*seen.policy);
  before->status = json::write(decide(seen, kSettings).status);
  World restarted = autoscaled();
  restarted.policy = before;
  const Plan plan = decide(restarted, kSettings);
  ASSERT_TRUE(plan.status.autoscaling);
  EXPECT_EQ(plan.status.autoscaling->desired, 3U);
  ASSERT_NE(find(plan, "CapacityStarved"), nullptr);
  EXPECT_EQ(find(plan, "CapacityStarved")->message, "1 of 3");
}

TEST(AutoscalingNoteTest, WithoutAutoscalingNothingIsSaid) {
  World off = autoscaled("Off");
  off.autoscaling = note();
  EXPECT_FALSE(decide(off, kSettings).status.autoscaling);
  World none = world(policy("p", "{selector: {matchLabels: {app: llm}}}"));
  none.autoscaling = note();
  const Plan plan = decide(none, kSettings);
  EXPECT_FALSE(plan.status.autoscaling);
  EXPECT_EQ(find(plan, "ScalingActive"), nullptr);
}

}  // namespace
}  // namespace penstock::reconcile

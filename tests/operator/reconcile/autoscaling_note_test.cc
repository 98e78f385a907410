#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

// What the autoscaler says of a policy, in the policy's status.
namespace penstock::reconcile {
namespace {

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

TEST(AutoscalingNoteTest, StandsInTheStatus) {
  World seen = autoscaled();
  seen.autoscaling = note();
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.status.autoscaling);
  EXPECT_EQ(plan.status.autoscaling->desired, 3U);
  ASSERT_NE(find(plan, "ScalingActive"), nullptr);
  EXPECT_EQ(find(plan, "ScalingActive")->reason, "Enforcing");
}

TEST(AutoscalingNoteTest, BadNewsIsAWarningUnlessTheAutoscalerMadeOneOfIt) {
  World seen = autoscaled();
  seen.autoscaling = note();
  seen.autoscaling->conditions.push_back(
      {"HoldReady", api::ConditionStatus::kFalse, "PodsSilent", "m"});
  const Plan plan = decide(seen, kSettings);
  const auto told = [&plan](const std::string& reason) {
    return std::ranges::find(plan.events, reason, &PlannedEvent::reason) != plan.events.end();
  };
  EXPECT_TRUE(told("HoldReadyPodsSilent"));
  EXPECT_FALSE(told("CapacityStarvedStartDeadlineExceeded"));
  EXPECT_FALSE(told("ScalingActiveEnforcing"));
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

TEST(AutoscalingNoteTest, WhatCouldNotBeDeletedIsToldOfAPolicyThatIsScaledNoMore) {
  const std::string plain = "{selector: {matchLabels: {app: llm}}}";
  World seen = world(policy("p", plain));
  const std::vector<std::string> types = {"HoldReady", "NodeCapacity"};
  AutoscalingNote kept{.over = true};
  for (const std::string& type : types) {
    kept.conditions.push_back({type, api::ConditionStatus::kFalse, "NotRemoved", "m"});
  }
  seen.autoscaling = kept;
  const Plan plan = decide(seen, kSettings);
  World restarted = world(policy("p", plain, "2026-01-01T00:00:00Z", json::write(plan.status)));
  World over = restarted;
  over.autoscaling = AutoscalingNote{.over = true};
  for (const std::string& type : types) {
    ASSERT_NE(find(plan, type), nullptr);
    EXPECT_EQ(find(plan, type)->reason, "NotRemoved");
    EXPECT_NE(find(decide(restarted, kSettings), type), nullptr) << "until somebody looks";
    EXPECT_EQ(find(decide(over, kSettings), type), nullptr);
  }
}

TEST(AutoscalingNoteTest, NodesThatCouldNotBeTakenBackAreToldBesideWhatCouldNotBeDeleted) {
  const std::string plain = "{selector: {matchLabels: {app: llm}}}";
  AutoscalingNote kept{
      .status = {.nodes =
                     api::NodeCapacityStatus{
                         .provider = "Placeholder", .reason = "Steady", .headroom = 2}},
      .conditions = {{"HoldReady", api::ConditionStatus::kFalse, "NotRemoved", "m"}},
      .over = true};
  // Whoever asked for them was told to let go before their status was written.
  for (const char* before :
       {"{autoscaling: {desired: 3, reason: Load, nodes: {reason: Steady}}}", "{}"}) {
    World seen = world(policy("p", plain, "2026-01-01T00:00:00Z", yaml(before)));
    seen.autoscaling = kept;
    const Plan plan = decide(seen, kSettings);
    EXPECT_NE(find(plan, "HoldReady"), nullptr);
    ASSERT_TRUE(plan.status.autoscaling);
    ASSERT_TRUE(plan.status.autoscaling->nodes);
    EXPECT_EQ(plan.status.autoscaling->nodes->provider, "Placeholder");
    EXPECT_EQ(plan.status.autoscaling->nodes->headroom, 2U);
    json::Reader strict(json::Strictness::kStrict);
    api::OptimizationPolicyStatus written;
    json::read(strict, json::write(plan.status), written);
    EXPECT_TRUE(strict.errors().empty()) << "the API server would refuse it";
    seen.autoscaling->status = {};
    EXPECT_FALSE(decide(seen, kSettings).status.autoscaling);
  }
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

// Whoever is to take it back may only have the status to go by.
TEST(AutoscalingNoteTest, WhatIsKeptOnNodesIsToldUntilItIsTakenBack) {
  World none = world(policy("p", "{selector: {matchLabels: {app: llm}}}", "2026-01-01T00:00:00Z",
                            yaml("{autoscaling: {nodes: {provider: Placeholder, headroom: 2}}}")));
  ASSERT_TRUE(decide(none, kSettings).status.autoscaling);
  none.autoscaling = AutoscalingNote{.over = true};
  EXPECT_FALSE(decide(none, kSettings).status.autoscaling);
}

TEST(AutoscalingNoteTest, APolicyThatIsOffScalesNothing) {
  World off = world(policy("p",
                           "{mode: \"Off\", selector: {matchLabels: {app: llm}}, autoscaling: "
                           "{target: {name: engine}, maxReplicas: 4}}",
                           "2026-01-01T00:00:00Z",
                           yaml("{conditions: [{type: ScalingActive, status: \"True\", reason: "
                                "Enforcing}], autoscaling: {current: 2}}")));
  const Plan plan = decide(off, kSettings);
  EXPECT_FALSE(plan.status.autoscaling);
  EXPECT_EQ(find(plan, "ScalingActive"), nullptr);
}

// Of a policy with errors, before this operator has seen a version without.
TEST(AutoscalingNoteTest, WithoutAVersionInForceNobodyIsToldThatReplicasFollow) {
  const auto stated = [](const std::string& condition) {
    const World seen = world(policy(
        "p", "{autoscaling: {target: {name: engine}, maxReplicas: 2}, selector: []}",
        "2026-01-01T00:00:00Z",
        yaml("{autoscaling: {target: Deployment engine, current: 4}, conditions: [{" + condition +
             ", lastTransitionTime: \"2026-01-01T00:00:00Z\"}, {type: HoldReady, status: "
             "\"True\", reason: Ready}]}")));
    EXPECT_NE(seen.policy->errors, std::vector<std::string>());
    return decide(seen, kSettings);
  };
  const Plan enforcing = stated("type: ScalingActive, status: \"True\", reason: Enforcing");
  EXPECT_EQ(find(enforcing, "ScalingActive")->reason, "Invalid");
  EXPECT_EQ(find(enforcing, "HoldReady")->reason, "Ready") << "all else stands";
  EXPECT_EQ(enforcing.status.autoscaling->current, 4U);
  const Plan by_hand = stated("type: ScalingActive, status: \"False\", reason: ManualOverride");
  EXPECT_EQ(find(by_hand, "ScalingActive")->reason, "ManualOverride") << "which outlives a restart";
}

}  // namespace
}  // namespace penstock::reconcile

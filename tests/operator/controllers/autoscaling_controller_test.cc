#include "operator/controllers/autoscaling_controller.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/controllers/autoscaled_target.h"

namespace penstock::controllers {
namespace {

using reconcile::Pod;

TEST_F(AutoscalingControllerTest, VictimsAreMarkedAMomentBeforeReplicasShrink) {
  server_.fail_next("PATCH /apis/apps/v1/namespaces/ns/deployments/engine/scale",
                    {.status = 200, .body = "{}", .retry_after = ""});
  tick();
  EXPECT_EQ(written(), (std::vector<std::string>{"pods/p1/status", "pods/p2/status"}))
      << "a whole node";
  put_pod("p1", "node-a", "-2");
  put_pod("p2", "node-a", "-1");
  tick();
  EXPECT_EQ(written(), (std::vector<std::string>{"deployments/engine/scale"}));
  set_replicas(2);
  tick();
  EXPECT_EQ(written(), std::vector<std::string>{}) << "the ReplicaSet has not taken them yet";
  stores_.pods.remove("ns", "p1");
  stores_.pods.remove("ns", "p3");  // best effort: it took another one
  tick();
  EXPECT_EQ(written(), (std::vector<std::string>{"pods/p2/status"})) << "it stays, and is like any";
}

TEST_F(AutoscalingControllerTest, PodsOfAnotherWorkloadAreNoVictims) {
  for (const char* name : {"o1", "o2"}) {
    Pod other = reconcile::pod(name);
    other.owner_name = "engine-canary-abc12";
    stores_.pods.put(std::make_shared<const Pod>(std::move(other)));
  }
  tick();
  EXPECT_EQ(written(), (std::vector<std::string>{"pods/p1/status", "pods/p2/status"}));
}

TEST_F(AutoscalingControllerTest, MarksThatNobodySeesHoldUpOneLookOnly) {
  server_.fail_next("PATCH /apis/apps/v1/namespaces/ns/deployments/engine/scale",
                    {.status = 200, .body = "{}", .retry_after = ""});
  tick();
  tick();
  const std::vector<std::string> all = written();
  EXPECT_EQ(std::ranges::count(all, "deployments/engine/scale"), 1);
}

TEST_F(AutoscalingControllerTest, MarksThatCannotBeWrittenHoldUpNothing) {
  server_.fail_next("PATCH /api/v1/namespaces/ns/pods/p1/status",
                    {.status = 403, .body = "", .retry_after = ""});
  answer_scale(200);
  tick();
  EXPECT_EQ(written().back(), "deployments/engine/scale");
  EXPECT_EQ(board_.find("ns/chat")->status.decisions.size(), 1U);
  EXPECT_EQ(condition("ScalingActive").status, api::ConditionStatus::kTrue);
  EXPECT_TRUE(condition("ScalingActive").message.contains("; pods cannot be marked"))
      << condition("ScalingActive").message;
}

TEST_F(AutoscalingControllerTest, ReplicasThatCannotBeWrittenAreToldAndLookedAtEachSecond) {
  tick();
  put_pod("p1", "node-a", "-2");
  put_pod("p2", "node-a", "-1");
  answer_scale(403, 2);
  tick();
  EXPECT_EQ(condition("ScalingActive").status, api::ConditionStatus::kFalse);
  EXPECT_EQ(condition("ScalingActive").reason, "WriteFailed");
  EXPECT_EQ(board_.find("ns/chat")->status.desired, 2U);
  EXPECT_TRUE(board_.find("ns/chat")->status.decisions.empty()) << "it was not done";
  EXPECT_EQ(scale_writes(), 1);
  tick();
  EXPECT_EQ(scale_writes(), 1) << "the second one after a second";
  tick();
  EXPECT_EQ(scale_writes(), 0) << "the third one after two";
  EXPECT_EQ(condition("ScalingActive").reason, "WriteFailed");
  answer_scale(200);
  tick();
  EXPECT_EQ(scale_writes(), 1);
  EXPECT_EQ(condition("ScalingActive").reason, "Enforcing");
  EXPECT_EQ(board_.find("ns/chat")->status.decisions.size(), 1U);
}

TEST_F(AutoscalingControllerTest, AMetricsApiThatHangsHoldsNothingUp) {
  set_policy("{}",
             "autoscaling: {target: {name: engine}, maxReplicas: 8, triggers: [{type: CPU, "
             "utilizationPercent: 50}]}");
  server_.serve(
      "metrics.k8s.io/v1beta1",
      json::Value::array({{{"name", "pods"}, {"kind", "PodMetrics"}, {"namespaced", true}}}));
  const std::string asked = "GET /apis/metrics.k8s.io/v1beta1/namespaces/ns/pods";
  server_.stall_next(asked);
  tick();
  server_.await_requests(asked, 1);
  tick();
  ASSERT_EQ(observer_.record.inputs.votes.size(), 1U);
  EXPECT_EQ(observer_.record.inputs.votes.front().replicas, std::nullopt);
  EXPECT_EQ(observer_.record.inputs.votes.front().problem, "metrics.k8s.io has just been asked");
  server_.release();
}

TEST_F(AutoscalingControllerTest, AChangeIsToldWhenItIsMade) {
  tick();
  EXPECT_TRUE(board_.find("ns/chat")->status.decisions.empty()) << "marks are to be seen first";
  answer_scale(200, 2);
  tick();
  EXPECT_EQ(board_.find("ns/chat")->status.decisions.size(), 1U);
  tick();
  EXPECT_EQ(board_.find("ns/chat")->status.decisions.size(), 1U) << "the same change";
}

TEST_F(AutoscalingControllerTest, AZeroOfAnOperatorBeforeThisOneIsNoPause) {
  set_replicas(0);
  set_policy(
      "{conditions: [{type: ScalingActive, status: \"True\", reason: Enforcing}], autoscaling: "
      "{target: Deployment engine, current: 0, desired: 0, reason: Idle, decisions: "
      "[{time: \"2026-01-01T00:00:00Z\", from: "
      "1, to: 0, reason: Idle}]}}");
  answer_scale(200);
  tick();
  EXPECT_EQ(observer_.record.decision.write, 2);
  EXPECT_EQ(board_.find("ns/chat")->status.decisions.size(), 2U) << "its decisions stay";
}

TEST_F(AutoscalingControllerTest, WhatWasDecidedOfAnotherTargetIsNotAdopted) {
  set_replicas(0);
  set_policy(
      "{conditions: [{type: ScalingActive, status: \"True\", reason: Enforcing}], autoscaling: "
      "{target: Deployment other, current: 0, desired: 0, reason: Idle, decisions: "
      "[{time: \"2026-01-01T00:00:00Z\", from: 1, to: 0, reason: Idle}]}}");
  tick();
  EXPECT_EQ(observer_.record.decision.reason, autoscale::Reason::kPaused);
  EXPECT_TRUE(board_.find("ns/chat")->status.decisions.empty());
  EXPECT_EQ(board_.find("ns/chat")->status.target, "Deployment engine");
}

// Another leader has scaled it meanwhile, by the same right.
TEST_F(AutoscalingControllerTest, WhoLeadsAgainTakesNobodysReplicasForAPersons) {
  tick();
  controller_.forget_all();
  set_replicas(3);
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "Enforcing");
  set_replicas(4);
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "ManualOverride") << "as it is while it leads";
}

constexpr const char* kOverridden =
    "{conditions: [{type: ScalingActive, status: \"False\", reason: ManualOverride, "
    "lastTransitionTime: \"2025-12-31T23:45:00Z\"}], autoscaling: {target: Deployment engine, "
    "current: 4, desired: 2, reason: Maximum}}";

TEST_F(AutoscalingControllerTest, WhatAPersonSetStandsOverARestart) {
  set_policy(kOverridden);
  set_replicas(4, ", uid: a, creationTimestamp: \"2025-12-01T00:00:00Z\"");
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "ManualOverride");
  EXPECT_EQ(observer_.record.decision.write, std::nullopt);
  clock_.advance(std::chrono::minutes(14));
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "ManualOverride");
  clock_.advance(std::chrono::minutes(1));
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "Enforcing") << "half an hour after it was set";
}

TEST_F(AutoscalingControllerTest, WhatAPersonSetOfAnObjectBeforeThisOneDoesNotStand) {
  set_policy(kOverridden);
  set_replicas(4, ", uid: b, creationTimestamp: \"2025-12-31T23:50:00Z\"");
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "Enforcing");
}

TEST_F(AutoscalingControllerTest, APersonsZeroStaysOne) {
  set_replicas(0);
  set_policy(
      "{conditions: [{type: ScalingActive, status: \"True\", reason: Enforcing}], autoscaling: "
      "{target: Deployment engine, current: 0, desired: 0, reason: Paused, decisions: [{time: "
      "\"2026-01-01T00:00:00Z\", "
      "from: 3, to: 2, reason: LoadFitsFewer}]}}");
  tick();
  EXPECT_EQ(observer_.record.decision.reason, autoscale::Reason::kPaused);
  EXPECT_EQ(observer_.record.decision.write, std::nullopt);
}

TEST_F(AutoscalingControllerTest, TheStatusSaysWhatReplicasCost) {
  tick();
  const auto note = board_.find("ns/chat");
  ASSERT_TRUE(note);
  EXPECT_EQ(note->status.desired, 2U);
  EXPECT_EQ(note->status.usd_per_hour, "5");
}

}  // namespace
}  // namespace penstock::controllers

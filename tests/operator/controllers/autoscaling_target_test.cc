#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/controllers/autoscaled_target.h"

namespace penstock::controllers {
namespace {

using reconcile::Pod;
using reconcile::yaml;

TEST_F(AutoscalingControllerTest, PodsOfAnotherWorkloadAreNoReplicas) {
  for (const char* name : {"o1", "o2", "o3", "o4", "o5"}) {
    Pod other = reconcile::pod(name);
    other.owner_name = "engine-canary-abc12";
    stores_.pods.put(std::make_shared<const Pod>(std::move(other)));
  }
  tick();
  EXPECT_EQ(observer_.record.inputs.target.ready, 4);
}

TEST_F(AutoscalingControllerTest, WhatTheTemplateTellsItsEngineIsKnownOfEachReplica) {
  stores_.deployments.put(std::make_shared<const reconcile::Workload>(read_deployment(yaml(
      "{metadata: {name: engine, namespace: ns}, spec: {replicas: 4, template: {spec: "
      "{containers: [{name: c, image: vllm/vllm-openai, args: [--max-num-seqs, \"128\"]}]}}}}"))));
  const auto policy = stores_.policies.find("ns", "chat");
  const std::optional<api::LabelSelector> selected;
  const auto seen = ReplicaSights().look(stores_, collector_, {*policy, selected}, {});
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen.front().limits.sequences_max, 128);
}

TEST_F(AutoscalingControllerTest, TheAcceleratorIsThatOfMostPodsNodes) {
  const auto put_node = [this](const std::string& name, const std::string& labels) {
    stores_.nodes.put(std::make_shared<const reconcile::Node>(
        read_node(yaml("{metadata: {name: " + name + ", labels: " + labels + "}}"))));
  };
  set_replicas(2);
  tick();
  EXPECT_EQ(observer_.record.inputs.accelerator, "");
  put_pod("p3", "node-a", "");
  put_node("node-a", "{nvidia.com/gpu.product: NVIDIA-L4}");
  put_node("node-b", "{nvidia.com/gpu.product: NVIDIA-H100}");
  tick();
  EXPECT_EQ(observer_.record.inputs.accelerator, "NVIDIA-L4");
}

TEST_F(AutoscalingControllerTest, ATargetThatIsMadeAnewIsNobodysChange) {
  set_replicas(4, ", uid: a");
  tick();
  stores_.deployments.remove("ns", "engine");
  tick();
  set_replicas(3, ", uid: b");
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "Enforcing");
  set_replicas(4, ", uid: b");
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "ManualOverride") << "of one and the same it is";
}

// Neither its pods' owners nor the managers of its fields are known without asking.
TEST_F(AutoscalingControllerTest, ATargetOfAnotherKindTellsItsPodsAndWhoAppliesReplicas) {
  server_.serve("example.com/v1",
                yaml("[{name: models, kind: Model, namespaced: true}, {name: models/scale, kind: "
                     "Scale, namespaced: true}]"));
  const auto made = client_.create(
      "/apis/example.com/v1/namespaces/ns/models",
      yaml("{apiVersion: example.com/v1, kind: Model, metadata: {name: m, namespace: ns, "
           "managedFields: [{manager: gitops, operation: Apply, fieldsV1: {f:spec: {f:replicas: "
           "{}}}}]}, spec: {replicas: 1}}"));
  ASSERT_TRUE(made) << made.error().message;
  set_policy("{}",
             "autoscaling: {target: {apiVersion: example.com/v1, kind: Model, name: m}, "
             "maxReplicas: 2}");
  Pod own = reconcile::pod("x1");
  own.meta.labels = {{"app", "llm"}, {"part", "x"}};
  stores_.pods.put(std::make_shared<const Pod>(own));
  tick();
  EXPECT_EQ(condition("Conflict").status, api::ConditionStatus::kTrue);
  EXPECT_EQ(observer_.record.inputs.target.ready, 0) << "its /scale selects app=x";
}

TEST_F(AutoscalingControllerTest, OneObjectByTwoVersionsIsOneTarget) {
  stores_.policies.put(reconcile::policy("older",
                                         "{selector: {matchLabels: {app: llm}}, autoscaling: "
                                         "{target: {apiVersion: apps/v1beta2, name: "
                                         "engine}, maxReplicas: 3}}",
                                         "2025-01-01T00:00:00Z", yaml("{}")));
  tick();
  EXPECT_EQ(observer_.record.inputs.target.other_scaler, "OptimizationPolicy older");
}

TEST_F(AutoscalingControllerTest, WhoAppliesReplicasIsAnotherScaler) {
  const auto owned = [](const std::string& operation) {
    return ", managedFields: [{manager: gitops, operation: " + operation +
           ", time: \"2026-01-01T00:00:00Z\", fieldsV1: {f:spec: {f:replicas: {}}}}]";
  };
  set_replicas(4, owned("Apply"));
  tick();
  tick();
  EXPECT_EQ(condition("Conflict").status, api::ConditionStatus::kTrue);
  EXPECT_EQ(condition("Conflict").message,
            "field manager \"gitops\", which applies spec.replicas (take that out of what it "
            "applies), scales "
            "the same target; remove it, or "
            "set mode: Advise");
  EXPECT_EQ(condition("ScalingActive").reason, "Conflict");
  EXPECT_EQ(written(), std::vector<std::string>{});
  set_replicas(4, owned("Update"));
  tick();
  EXPECT_EQ(condition("Conflict").status, api::ConditionStatus::kFalse);
}

TEST_F(AutoscalingControllerTest, WhoLeavesReplicasOutAsToldKeepsThem) {
  set_policy("{}", "autoscaling: {target: {name: engine}, maxReplicas: 6}");
  set_replicas(4,
               ", managedFields: [{manager: gitops, operation: Apply, fieldsV1: {f:spec: "
               "{f:replicas: {}}}}]");
  tick();
  ASSERT_EQ(condition("ScalingActive").reason, "Conflict");
  set_replicas(1,
               ", managedFields: [{manager: gitops, operation: Apply, fieldsV1: {f:spec: "
               "{f:template: {}}}}]");
  answer_scale(200);
  tick();
  EXPECT_EQ(scale_writes(), 1);
  EXPECT_EQ(observer_.record.decision.write, 4);
  EXPECT_EQ(observer_.record.decision.reason, autoscale::Reason::kRestored);
}

// As sidecars keep it: who misspells a time zone has not turned scaling off.
TEST_F(AutoscalingControllerTest, TheLastVersionWithoutErrorsGoesOn) {
  stores_.pods.replace({});  // none to mark first
  answer_scale(200, 2);
  tick();
  EXPECT_EQ(scale_writes(), 1);
  spoil_policy();
  tick();
  EXPECT_EQ(scale_writes(), 1);
  EXPECT_EQ(condition("ScalingActive").reason, "Enforcing");
}

TEST_F(AutoscalingControllerTest, WithErrorsFromTheStartNothingIsScaled) {
  stores_.policies.remove("ns", "chat");
  spoil_policy();
  tick();
  EXPECT_EQ(scale_writes(), 0);
  EXPECT_FALSE(board_.find("ns/chat")) << "what was said before stands";
}

// Its last version without errors still sets the replicas.
TEST_F(AutoscalingControllerTest, AnOlderPolicyThatIsSpoiledIsAnotherScalerStill) {
  for (const char* const most : {"3", "0"}) {
    stores_.policies.put(
        reconcile::policy("older",
                          std::string("{selector: {matchLabels: {app: llm}}, autoscaling: "
                                      "{target: {name: engine}, maxReplicas: ") +
                              most + "}}",
                          "2025-01-01T00:00:00Z", yaml("{}")));
  }
  ASSERT_NE(stores_.policies.find("ns", "older")->errors, std::vector<std::string>());
  tick();
  EXPECT_EQ(observer_.record.inputs.target.other_scaler, "OptimizationPolicy older");
}

// Of a custom resource whose /scale reads another field, nobody ever owns spec.replicas.
TEST_F(AutoscalingControllerTest, WhereNobodyEverOwnedReplicasAPersonsOneIsAPersons) {
  set_policy("{}", "autoscaling: {target: {name: engine}, maxReplicas: 6}");
  set_replicas(4);
  tick();
  set_replicas(1);
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "ManualOverride");
}

TEST_F(AutoscalingControllerTest, WhoSetsReplicasBackIsFoughtOnce) {
  set_policy("{}",
             "autoscaling: {target: {name: engine}, minReplicas: 2, maxReplicas: 2, "
             "manualChangeStands: 0s}");
  stores_.pods.replace({});
  const auto theirs = [this](int second) {
    set_replicas(4,
                 ", managedFields: [{manager: gitops, operation: Update, time: "
                 "\"2026-01-01T00:00:0" +
                     std::to_string(second) + "Z\", fieldsV1: {f:spec: {f:replicas: {}}}}]");
  };
  answer_scale(200, 5);
  theirs(0);
  tick();
  theirs(1);
  tick();
  EXPECT_EQ(scale_writes(), 2) << "once is no other scaler's";
  theirs(2);
  tick();
  EXPECT_EQ(condition("Conflict").status, api::ConditionStatus::kTrue);
  EXPECT_EQ(scale_writes(), 0);
}

TEST_F(AutoscalingControllerTest, AnotherScalerIsAnEventOnce) {
  const std::string events = "POST /apis/events.k8s.io/v1/namespaces/ns/events";
  stores_.pod_autoscalers.put(std::make_shared<const PodAutoscaler>(read_pod_autoscaler(
      yaml("{metadata: {name: theirs, namespace: ns}, spec: {scaleTargetRef: {kind: Deployment, "
           "name: engine}}}"))));
  tick();
  server_.await_requests(events, 2);  // the change that is advised, and why it is no more
  tick();
  stores_.pod_autoscalers.remove("ns", "theirs");
  tick();
  server_.await_requests(events, 3);
  EXPECT_EQ(written().front(), "pods/p1/status") << "it acts again";
}

TEST_F(AutoscalingControllerTest, WithoutItsTargetNothingIsShown) {
  tick();
  stores_.deployments.remove("ns", "engine");
  tick();
  EXPECT_EQ(observer_.forgotten_times, 1);
  EXPECT_EQ(condition("ScalingActive").reason, "TargetNotFound");
  server_.await_requests("POST /apis/events.k8s.io/v1/namespaces/ns/events", 1);
}

// Two groups may have kinds of one name.
TEST(DescribedTargetTest, NamesItsGroupWhereThatIsNotTheUsualOne) {
  const auto of = [](const std::string& api_version) {
    return described({.api_version = api_version, .kind = "Deployment", .name = "engine"});
  };
  EXPECT_EQ(of("apps/v1"), "Deployment engine");
  EXPECT_EQ(of("v1"), "Deployment engine");
  EXPECT_EQ(of("example.com/v1"), "Deployment.example.com engine");
  EXPECT_EQ(of("example.com/v1"), of("example.com/v2")) << "versions show one and the same object";
}

}  // namespace
}  // namespace penstock::controllers

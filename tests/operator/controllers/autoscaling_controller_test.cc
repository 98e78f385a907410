#include "operator/controllers/autoscaling_controller.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::Pod;
using reconcile::yaml;

class Newest final : public AutoscalingObserver {
 public:
  autoscale::DecisionRecord record;
  int published_times = 0;
  int forgotten_times = 0;

  void decided(const autoscale::DecisionRecord& decided, autoscale::LeadTime /*lead*/,
               const std::vector<autoscale::Finding>& /*conditions*/) override {
    record = decided;
  }
  void prepared(const std::string& /*policy*/,
                const std::optional<api::NodeCapacityStatus>& /*nodes*/) override {}
  void published(const std::string& /*ns*/, const std::string& /*name*/) override {
    ++published_times;
  }
  void forgotten(const std::string& /*policy*/) override { ++forgotten_times; }
};

// A Deployment of four pods on two nodes, of a policy that allows two.
class AutoscalingControllerTest : public ::testing::Test {
 protected:
  AutoscalingControllerTest() {
    set_policy("{}");
    set_replicas(4);
    for (const char* name : {"p1", "p2", "p3", "p4"}) {
      put_pod(name, name[1] <= '2' ? "node-a" : "node-b", "");
    }
  }

  void set_policy(const std::string& status, const std::string& autoscaling =
                                                 "autoscaling: {target: {name: engine}, "
                                                 "minReplicas: 2, maxReplicas: 2, "
                                                 "replicaUsdPerHour: \"2.5\"}") {
    stores_.policies.put(
        reconcile::policy("chat", "{selector: {matchLabels: {app: llm}}, " + autoscaling + "}",
                          "2026-01-01T00:00:00Z", yaml(status)));
    ASSERT_EQ(stores_.policies.find("ns", "chat")->errors, std::vector<std::string>());
  }
  // `metadata`: more of it.
  void set_replicas(int replicas, const std::string& metadata = "") {
    stores_.deployments.put(std::make_shared<const reconcile::Workload>(
        read_deployment(yaml("{metadata: {name: engine, namespace: ns" + metadata +
                             "}, spec: {replicas: " + std::to_string(replicas) + "}}"))));
  }
  void put_pod(const std::string& name, const std::string& node, const std::string& cost) {
    Pod pod = reconcile::pod(name);
    pod.node = node;
    pod.deletion_cost = pod.own_deletion_cost = cost;
    stores_.pods.put(std::make_shared<const Pod>(std::move(pod)));
  }
  void tick() {
    clock_.advance(AutoscalingController::kPeriod);
    const kube::WorkOutcome outcome = controller_.reconcile("ns", "chat");
    EXPECT_TRUE(outcome.succeeded) << outcome.problem;
  }
  // What was written since the last call, without the server's own details.
  std::vector<std::string> written() {
    std::vector<std::string> requests = server_.requests();
    requests.erase(requests.begin(), requests.begin() + seen_);
    seen_ += std::ssize(requests);
    std::erase_if(requests, [](const std::string& request) {
      return !request.starts_with("PATCH /api") || request.contains("/events");
    });
    for (std::string& request : requests) {
      request = request.substr(request.find("namespaces/ns/") + 14);
      request.resize(std::min(request.size(), request.find('?')));
    }
    return requests;
  }

  // The next write of replicas is answered so.
  void answer_scale(int status, int times = 1) {
    server_.fail_next("PATCH /apis/apps/v1/namespaces/ns/deployments/engine/scale",
                      {.status = status, .body = status == 200 ? "{}" : "", .retry_after = ""},
                      times);
  }
  std::ptrdiff_t scale_writes() {
    return std::ranges::count(written(), "deployments/engine/scale");
  }
  reconcile::AutoscalingNote::Stated condition(const std::string& type) {
    for (const auto& stated :
         board_.find("ns/chat").value_or(reconcile::AutoscalingNote()).conditions) {
      if (stated.type == type) {
        return stated;
      }
    }
    return {};
  }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  kube::Discovery discovery_{client_, clock_};
  kube::EventRecorder events_{client_, clock_, "penstock-operator-0"};
  collect::Collector collector_{[](const std::string&) {}, 1};
  Stores stores_{StoreChanges{}};
  HoldController hold_{stores_, client_, collector_, clock_, {}, [](const auto&, const auto&) {}};
  AutoscalingBoard board_;
  CapacityController capacity_{stores_, client_, discovery_, events_, clock_, {}};
  Newest observer_;
  std::ptrdiff_t seen_ = 0;
  AutoscalingController controller_{stores_, client_, discovery_, events_, collector_,
                                    hold_,   board_,  capacity_,  clock_,  observer_};
};

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

TEST_F(AutoscalingControllerTest, WithoutItsTargetNothingIsShown) {
  tick();
  stores_.deployments.remove("ns", "engine");
  tick();
  EXPECT_EQ(observer_.forgotten_times, 1);
  EXPECT_EQ(condition("ScalingActive").reason, "TargetNotFound");
  server_.await_requests("POST /apis/events.k8s.io/v1/namespaces/ns/events", 1);
}

// What it kept on nodes is known by its status alone.
TEST_F(AutoscalingControllerTest, APolicyThatLostItsAutoscalingMeanwhileGivesItsNodesBack) {
  const std::string held = kube::kDeployments.object("ns", "chat-headroom");
  ASSERT_TRUE(client_.create("/apis/apps/v1/namespaces/ns/deployments",
                             yaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: "
                                  "chat-headroom, namespace: ns}}")));
  set_policy("{autoscaling: {nodes: {provider: Placeholder, headroom: 2}}}", "mode: Enforce");
  server_.fail_next("DELETE " + held, {.status = 500, .body = "", .retry_after = ""});
  EXPECT_FALSE(controller_.reconcile("ns", "chat").succeeded);
  ASSERT_TRUE(board_.find("ns/chat"));
  EXPECT_TRUE(board_.find("ns/chat")->status.nodes) << "the status keeps saying so";
  tick();
  EXPECT_FALSE(client_.get(held));
  EXPECT_TRUE(board_.find("ns/chat")->over);
  EXPECT_FALSE(board_.find("ns/chat")->status.nodes);
  EXPECT_EQ(observer_.published_times, 2);
}

// As after a chart upgrade that took the right to delete Deployments away.
TEST_F(AutoscalingControllerTest, NeitherNodesNorWhoeverHeldMayBeTakenBack) {
  stores_.deployments.put(std::make_shared<const reconcile::Workload>(read_deployment(
      yaml("{metadata: {name: chat-hold, namespace: ns, labels: {penstock.dev/hold: chat-hold}}, "
           "spec: {replicas: 1}}"))));
  set_policy("{autoscaling: {nodes: {provider: Placeholder, headroom: 2}}}", "mode: Enforce");
  for (const char* name : {"chat-hold", "chat-headroom"}) {
    server_.fail_next("DELETE " + kube::kDeployments.object("ns", name),
                      {.status = 403, .body = "", .retry_after = ""});
  }
  EXPECT_FALSE(hold_.reconcile("ns", "chat").problem.empty());
  EXPECT_FALSE(controller_.reconcile("ns", "chat").succeeded);
  EXPECT_EQ(condition("HoldReady").reason, "NotRemoved");
  const reconcile::AutoscalingNote::Stated kept = condition("NodeCapacity");
  EXPECT_EQ(kept.status, api::ConditionStatus::kFalse);
  EXPECT_EQ(kept.reason, "NotRemoved");
  EXPECT_TRUE(kept.message.contains("; the chart's nodeCapacity gives that right; or"))
      << kept.message;
  EXPECT_TRUE(kept.message.ends_with(
      "kubectl -n ns delete --ignore-not-found deployment chat-headroom chat-headroom-spot"))
      << kept.message;
  tick();
  EXPECT_EQ(condition("NodeCapacity").reason, "") << "it could be deleted";
}

// A policy that keeps room for one replica, of which there is one and should be two.
class RoomForAReplicaTest : public AutoscalingControllerTest {
 protected:
  RoomForAReplicaTest() {
    server_.serve("apps/v1", yaml("[{name: deployments, kind: Deployment, namespaced: true}]"));
    const auto made = client_.create(
        "/apis/apps/v1/namespaces/ns/deployments",
        yaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: engine, namespace: ns}, "
             "spec: {replicas: 1, template: {spec: {containers: [{name: c, resources: {limits: "
             "{nvidia.com/gpu: 4}}}]}}}}"));
    stores_.deployments.put(std::make_shared<const reconcile::Workload>(read_deployment(*made)));
    stores_.nodes.replace({});
    stores_.pods.replace({});
  }
  void set_maximum(int replicas, int minimum = 2, int generation = 3) {
    set_policy("{}", "autoscaling: {mode: Enforce, target: {name: engine}, minReplicas: " +
                         std::to_string(minimum) + ", maxReplicas: " + std::to_string(replicas) +
                         ", nodes: {provider: Placeholder, minHeadroom: 1}}");
    reconcile::Policy edited = *stores_.policies.find("ns", "chat");
    edited.meta.generation = generation;
    stores_.policies.put(std::make_shared<const reconcile::Policy>(std::move(edited)));
  }
  std::int64_t held() {
    const auto found = client_.get(kube::kDeployments.object("ns", "chat-headroom"));
    return found ? kube::number_of(kube::member(*found, "spec"), "replicas") : -1;
  }
};

// A placeholder that makes way is made anew until then, and would buy another node.
TEST_F(RoomForAReplicaTest, IsGivenUpBeforeItIsTaken) {
  set_maximum(2);
  answer_scale(200);
  tick();
  EXPECT_EQ(written(),
            (std::vector<std::string>{"deployments/chat-headroom", "deployments/engine/scale"}));
  EXPECT_EQ(held(), 0);
}

TEST_F(RoomForAReplicaTest, IsKeptWhileReplicasAreRefused) {
  set_maximum(2, 1);
  tick();
  ASSERT_EQ(held(), 1);
  written();
  set_maximum(2, 2, 4);
  answer_scale(403, 2);
  tick();
  EXPECT_EQ(written(),
            (std::vector<std::string>{"deployments/chat-headroom", "deployments/engine/scale",
                                      "deployments/chat-headroom"}))
      << "given up at the first try, and asked for again";
  EXPECT_EQ(held(), 1) << "nobody takes it, and none is kept beyond a replica that never came";
  clock_.advance(std::chrono::seconds(30));
  tick();
  EXPECT_EQ(written().front(), "deployments/engine/scale") << "not given up for a mere try";
  EXPECT_EQ(held(), 1);
}

TEST_F(RoomForAReplicaTest, IsNotKeptBeyondAReplicaThatSomebodyElseTookBack) {
  set_maximum(4, 1);
  tick();
  set_maximum(4, 2, 4);
  answer_scale(409);
  tick();
  EXPECT_EQ(written().back(), "deployments/engine/scale");
  answer_scale(403);
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "WriteFailed");
  EXPECT_EQ(held(), 1);
  EXPECT_EQ(board_.find("ns/chat")->status.nodes->expected, 2U);
}

TEST_F(RoomForAReplicaTest, IsKeptForNoMoreReplicasThanAPersonSet) {
  set_maximum(4, 3);
  answer_scale(200);
  tick();
  set_replicas(3);
  tick();
  EXPECT_EQ(board_.find("ns/chat")->status.nodes->expected, 4U) << "and one, always";
  set_replicas(1);
  tick();
  clock_.advance(std::chrono::milliseconds(capacity::HeadroomPlanner::kFallsAfterMs));
  tick();
  EXPECT_EQ(condition("ScalingActive").reason, "ManualOverride");
  EXPECT_EQ(board_.find("ns/chat")->status.nodes->expected, 2U);
}

TEST_F(RoomForAReplicaTest, IsGivenUpFirstAlsoWherePodsCannotBeMarked) {
  put_pod("p1", "node-a", "-2");
  server_.fail_next("PATCH /api/v1/namespaces/ns/pods/p1/status",
                    {.status = 403, .body = "", .retry_after = ""}, 2);
  set_maximum(2, 1);
  tick();
  EXPECT_EQ(held(), 1);
  EXPECT_TRUE(condition("ScalingActive").message.contains("; pods cannot be marked"));
  written();
  set_maximum(2, 2, 4);
  answer_scale(200);
  tick();
  const std::vector<std::string> all = written();
  EXPECT_EQ(std::vector(all.end() - 1, all.end()),
            std::vector<std::string>{"deployments/engine/scale"});
  EXPECT_EQ(std::ranges::count(all, "deployments/chat-headroom"), 1);
  EXPECT_EQ(held(), 0);
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

TEST_F(AutoscalingControllerTest, TheStatusSaysWhatReplicasCost) {
  tick();
  const auto note = board_.find("ns/chat");
  ASSERT_TRUE(note);
  EXPECT_EQ(note->status.desired, 2U);
  EXPECT_EQ(note->status.usd_per_hour, "5");
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

}  // namespace
}  // namespace penstock::controllers

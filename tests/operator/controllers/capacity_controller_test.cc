#include "operator/controllers/capacity_controller.h"

#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/inline_background.h"
#include "tests/operator/controllers/api_server_test.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using api::ConditionStatus;
using reconcile::yaml;

constexpr const char* kGpus = "resources: {limits: {nvidia.com/gpu: 4}}";
constexpr const char* kHeld = "/apis/apps/v1/namespaces/ns/deployments/chat-headroom";

class CapacityControllerTest : public ApiServerTest {
 protected:
  CapacityControllerTest() {
    server_.serve("apps/v1", yaml("[{name: deployments, kind: Deployment, namespaced: true}]"));
    deploy(kGpus);
    set("provider: Placeholder");
    stores_.nodes.replace({});
    node("a", "", 4);
    pod("one", "a");
  }

  void deploy(const std::string& container) {
    const json::Value object = yaml(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: engine, namespace: ns}, spec: "
        "{replicas: 1, template: {metadata: {labels: {app: llm}}, spec: {tolerations: "
        "[{operator: Exists}], containers: [{name: c, " +
        container + "}]}}}}");
    const auto made = client_.create("/apis/apps/v1/namespaces/ns/deployments", object);
    ASSERT_TRUE(made) << made.error().message;
    stores_.deployments.put(std::make_shared<const reconcile::Workload>(read_deployment(*made)));
  }

  void set(const std::string& nodes, const std::string& mode = "Enforce", json::Value status = {}) {
    policy_ =
        reconcile::policy("chat",
                          "{selector: {matchLabels: {app: llm}}, autoscaling: {mode: " + mode +
                              ", target: {name: engine}, maxReplicas: 8, nodes: {" + nodes + "}}}",
                          "2026-01-01T00:00:00Z", std::move(status));
    ASSERT_EQ(policy_->errors, std::vector<std::string>());
  }

  void node(const std::string& name, const std::string& taint, int gpus) {
    stores_.nodes.put(std::make_shared<const reconcile::Node>(
        read_node(yaml("{metadata: {name: " + name +
                       ", labels: {nvidia.com/gpu.present: \"true\"}}, spec: "
                       "{taints: [" +
                       (taint.empty() ? "" : "{key: " + taint + ", effect: NoSchedule}") +
                       "]}, status: {allocatable: {nvidia.com/gpu: \"" + std::to_string(gpus) +
                       "\"}, conditions: [{type: Ready, status: \"True\"}]}}"))));
  }

  void pod(const std::string& name, const std::string& on, const std::string& labels = "app: llm",
           const std::string& owner = "engine-abc12") {
    stores_.pods.put(std::make_shared<const reconcile::Pod>(
        read_pod(yaml("{metadata: {name: " + name + ", namespace: ns, labels: {" + labels +
                      "}, ownerReferences: [{kind: ReplicaSet, controller: true, name: " + owner +
                      "}]}, spec: {nodeName: " + on + ", containers: [{" + kGpus + "}]}}"))));
  }

  // Once the time between two looks is over.
  NodeReport look(std::optional<int> forecast, int desired = 1) {
    clock_.advance(CapacityController::kPeriod);
    return controller_.look(*policy_, {.forecast = {.replicas = forecast}, .desired = desired});
  }

  static reconcile::AutoscalingNote::Stated condition(const NodeReport& report,
                                                      const std::string& type) {
    for (const auto& stated : report.conditions) {
      if (stated.type == type) {
        return stated;
      }
    }
    return {};
  }

  std::int64_t held() {
    const auto found = client_.get(kHeld);
    return found ? kube::number_of(kube::member(*found, "spec"), "replicas") : -1;
  }

  std::ptrdiff_t writes() {
    return std::ranges::count_if(server_.requests(), [](const std::string& request) {
      return request.starts_with(std::string("PATCH ") + kHeld);
    });
  }

  kube::Discovery discovery_{client_, clock_};
  Stores stores_{StoreChanges{}};
  CapacityController controller_{stores_,
                                 client_,
                                 discovery_,
                                 events_,
                                 clock_,
                                 {},
                                 std::make_unique<fakes::InlineBackground>()};
  reconcile::Ptr<reconcile::Policy> policy_;
};

TEST_F(CapacityControllerTest, TheForecastBeyondWhatThereIsIsHeld) {
  const NodeReport report = look(3);
  ASSERT_TRUE(report.status);
  EXPECT_EQ(report.status->provider, "Placeholder");
  EXPECT_EQ(report.status->reason, "Forecast");
  EXPECT_EQ(report.status->expected, 3U);
  EXPECT_EQ(report.status->allocatable, 1U);
  EXPECT_EQ(report.status->headroom, 2U);
  EXPECT_EQ(report.status->missing, 2U);
  EXPECT_EQ(report.status->gpus, 8U);
  EXPECT_EQ(condition(report, "NodeCapacity").status, ConditionStatus::kTrue);
  EXPECT_EQ(held(), 2);
}

TEST_F(CapacityControllerTest, ItIsWrittenOnChangeAndOnceInAWhile) {
  look(3);
  const auto first = writes();
  for (auto passed = CapacityController::kPeriod; passed < CapacityController::kAgain;
       passed += CapacityController::kPeriod) {
    look(3);
  }
  EXPECT_EQ(writes(), first);
  look(3);
  EXPECT_EQ(writes(), first + 1) << "somebody may have removed it";
  look(4);
  EXPECT_EQ(writes(), first + 2);
}

TEST_F(CapacityControllerTest, NothingIsAskedForBeforeNodesAreListed) {
  const Stores listing{StoreChanges{}};
  CapacityController early(listing, client_, discovery_, events_, clock_, {});
  EXPECT_FALSE(early.look(*policy_, {.forecast = {.replicas = 5}, .desired = 5}).status);
  EXPECT_EQ(held(), -1);
}

TEST_F(CapacityControllerTest, OwnPlaceholdersTakeNoRoomAndOthersPodsDo) {
  node("b", "", 4);
  pod("chat-headroom-x", "b", "penstock.dev/headroom: chat-headroom");
  EXPECT_EQ(look(1).status->allocatable, 2U);
  pod("other", "b", "app: other");
  EXPECT_EQ(look(1).status->allocatable, 1U);
}

TEST_F(CapacityControllerTest, ReplicasThatWereJustAskedForTakeTheirRoomAtOnce) {
  look(3);
  ASSERT_EQ(held(), 2);
  // Neither pods nor time: the target was written a moment ago.
  controller_.look(*policy_, {.forecast = {.replicas = 3}, .desired = 2, .replicas = 2});
  EXPECT_EQ(held(), 1);
}

TEST_F(CapacityControllerTest, WhatWasExpectedOfReplicasThatCameIsRemembered) {
  look(1);
  const auto ask = [this](int forecast, int replicas, bool tentative) {
    return controller_.look(*policy_, {.forecast = {.replicas = forecast},
                                       .desired = 1,
                                       .replicas = replicas,
                                       .tentative = tentative});
  };
  EXPECT_EQ(ask(5, 2, true).status->expected, 5U);
  EXPECT_EQ(ask(5, 2, false).status->expected, 5U) << "they were asked for";
  clock_.advance(CapacityController::kPeriod);
  EXPECT_EQ(ask(1, 2, false).status->expected, 5U) << "it falls minutes later";
  EXPECT_EQ(held(), 3);
}

TEST_F(CapacityControllerTest, WhatWasExpectedOfReplicasThatWereRefusedIsForgotten) {
  look(1);
  const auto ask = [this](int replicas, bool tentative) {
    return controller_.look(
        *policy_,
        {.forecast = {.replicas = 1}, .desired = 1, .replicas = replicas, .tentative = tentative});
  };
  EXPECT_EQ(ask(3, true).status->expected, 3U);
  EXPECT_EQ(ask(3, true).status->expected, 3U) << "nobody knows yet";
  EXPECT_EQ(ask(2, true).status->expected, 2U) << "another try";
  EXPECT_EQ(ask(1, false).status->expected, 1U);
}

TEST_F(CapacityControllerTest, APlaceholderIsNoReplicaWhateverTheSelectorSays) {
  pod("held", "a", "app: llm, penstock.dev/headroom: chat-headroom");
  EXPECT_EQ(look(2).status->headroom, 1U);
}

TEST_F(CapacityControllerTest, ANodeThatIsReadyBeforeItsDevicePluginIsNoCapacity) {
  node("b", "", 0);
  const NodeReport report = look(2);
  EXPECT_EQ(report.status->allocatable, 1U);
  EXPECT_TRUE(condition(report, "NodeCapacity").message.contains("before their device plugin"));
}

TEST_F(CapacityControllerTest, AReplicaOnANodeThatGoesIsReplacedAtOnce) {
  EXPECT_EQ(look(1).status->headroom, 0U);
  node("a", "aws-node-termination-handler/spot-itn", 4);
  const NodeReport report = look(1);
  EXPECT_EQ(report.status->reason, "Interruption");
  EXPECT_EQ(report.status->interrupted, 1U);
  EXPECT_EQ(held(), 1);
}

TEST_F(CapacityControllerTest, ASurgeThatWouldBuyNodesIsWarnedOf) {
  const auto full = condition(look(1), "RolloutFits");
  EXPECT_EQ(full.status, ConditionStatus::kFalse);
  EXPECT_EQ(full.reason, "SurgeNeedsNodes");
  EXPECT_TRUE(full.message.contains("1 pods beyond its replicas, of 4 nvidia.com/gpu each"));
  node("b", "", 4);
  EXPECT_EQ(condition(look(1), "RolloutFits").status, ConditionStatus::kTrue);
}

TEST_F(CapacityControllerTest, AdviceAsksNobodyAndTakesBackWhatWasAskedFor) {
  look(3);
  ASSERT_EQ(held(), 2);
  set("provider: Placeholder", "Advise");
  const NodeReport report = look(3);
  EXPECT_EQ(report.status->headroom, 2U);
  EXPECT_EQ(condition(report, "NodeCapacity").reason, "Advising");
  EXPECT_EQ(held(), -1);
}

// Its replicas may never come to take the room.
TEST_F(CapacityControllerTest, WithAnotherScalerNobodyIsAskedEither) {
  look(3);
  ASSERT_EQ(held(), 2);
  NodeDemand contested{.forecast = {.replicas = 3}, .desired = 1};
  contested.withheld = autoscale::Withheld::kConflict;
  clock_.advance(CapacityController::kPeriod);
  const NodeReport report = controller_.look(*policy_, contested);
  EXPECT_EQ(condition(report, "NodeCapacity").reason, "Conflict");
  EXPECT_TRUE(condition(report, "NodeCapacity").message.contains("without it room for 2 more"));
  EXPECT_EQ(held(), -1);
  look(3);
  EXPECT_EQ(held(), 2) << "it is gone";
}

TEST_F(CapacityControllerTest, PodsOfAnotherWorkloadAreNoReplicas) {
  node("b", "", 4);
  pod("other", "b", "app: llm", "engine-canary-abc12");
  const NodeReport report = look(2);
  EXPECT_EQ(report.status->allocatable, 1U);
  EXPECT_EQ(report.status->headroom, 1U);
}

TEST_F(CapacityControllerTest, WhoLeadsAgainGoesByTheStatus) {
  look(3);
  controller_.forget_all();
  set("provider: Placeholder", "Enforce",
      yaml("{autoscaling: {nodes: {provider: Placeholder, expected: 5}}}"));
  const NodeReport report = controller_.look(*policy_, {});  // without a wait
  EXPECT_EQ(report.status->reason, "ForecastUntrained");
  EXPECT_EQ(held(), 4);
}

TEST_F(CapacityControllerTest, OffTakesItBackAlsoAfterARestart) {
  look(3);
  ASSERT_EQ(held(), 2);
  CapacityController anew(stores_, client_, discovery_, events_, clock_, {});
  set("provider: \"Off\"", "Enforce",
      yaml("{autoscaling: {nodes: {provider: Placeholder, headroom: 2}}}"));
  EXPECT_FALSE(anew.look(*policy_, {}).status);
  EXPECT_EQ(held(), -1);
}

TEST_F(CapacityControllerTest, APolicyThatScalesNoMoreGivesItBack) {
  look(3);
  EXPECT_TRUE(controller_.release("ns/chat", policy_.get()).succeeded);
  EXPECT_EQ(held(), -1);
}

// A refusal is told of until somebody acts; that the server is away is not.
TEST_F(CapacityControllerTest, WhatMayNotBeDeletedIsToldOf) {
  look(3);
  set("provider: \"Off\"");
  server_.fail_next(std::string("DELETE ") + kHeld,
                    {.status = 403, .body = R"({"message": "forbidden"})", .retry_after = ""});
  const NodeReport off = look(3);
  EXPECT_EQ(off.status->headroom, 2U);
  EXPECT_EQ(condition(off, "NodeCapacity").reason, "NotRemoved");
  server_.fail_next(std::string("DELETE ") + kHeld, {.status = 500, .body = "", .retry_after = ""});
  EXPECT_FALSE(controller_.release("ns/chat", policy_.get()).succeeded);
  const NodeReport kept = controller_.still_kept(*policy_);
  EXPECT_EQ(condition(kept, "NodeCapacity").reason, "NotRemoved");
  EXPECT_EQ(kept.status->provider, "Placeholder");
  EXPECT_TRUE(controller_.release("ns/chat", policy_.get()).succeeded);
}

TEST_F(CapacityControllerTest, WhatMakesRoomByBuffersIsDeletedByHandAsThat) {
  set("provider: \"Off\"", "Enforce",
      yaml("{autoscaling: {nodes: {provider: CapacityBuffer, headroom: 2}}}"));
  NodeReport report = stated_nodes(*policy_);
  tell_not_removed(*policy_, {.status = 422, .message = "no"}, report);
  EXPECT_EQ(condition(report, "NodeCapacity").message,
            "what keeps room on nodes is there still, since it cannot be deleted: no; or delete it "
            "by hand: kubectl -n ns delete --ignore-not-found capacitybuffer,podtemplate "
            "chat-headroom chat-headroom-spot");
}

TEST_F(CapacityControllerTest, ARestartDoesNotLowerItBeforeThereIsAForecast) {
  set("provider: Placeholder", "Enforce",
      yaml("{autoscaling: {nodes: {provider: Placeholder, expected: 5}}}"));
  const NodeReport report = look(std::nullopt);
  EXPECT_EQ(report.status->reason, "ForecastUntrained");
  EXPECT_EQ(held(), 4);
}

TEST_F(CapacityControllerTest, WhatAnOperatorBeforeThisOneKeptIsToldUntilNodesAreListed) {
  set("provider: Placeholder", "Enforce",
      yaml("{conditions: [{type: NodeCapacity, status: \"True\", reason: Forecast}, {type: "
           "HoldReady, status: \"True\", reason: Ready}], autoscaling: {nodes: {provider: "
           "Placeholder, headroom: 2, expected: 3}}}"));
  const Stores listing{StoreChanges{}};
  CapacityController early(listing, client_, discovery_, events_, clock_, {});
  const NodeReport report = early.look(*policy_, {});
  ASSERT_TRUE(report.status);
  EXPECT_EQ(report.status->provider, "Placeholder");
  EXPECT_EQ(report.status->headroom, 2U);
  ASSERT_EQ(report.conditions.size(), 1U);
  EXPECT_EQ(condition(report, "NodeCapacity").reason, "Forecast");
}

TEST_F(CapacityControllerTest, WhatIsKeptIsToldWhileItsTargetCannotBeRead) {
  look(3);
  ASSERT_TRUE(client_.remove("/apis/apps/v1/namespaces/ns/deployments/engine"));
  deploy("resources: {limits: {nvidia.com/gpu: 2}}");
  server_.fail_next("GET /apis/apps/v1/namespaces/ns/deployments/engine",
                    {.status = 500, .body = "", .retry_after = ""});
  const NodeReport report = look(3);
  EXPECT_EQ(condition(report, "NodeCapacity").reason, "TargetUnreadable");
  ASSERT_TRUE(report.status);
  EXPECT_EQ(report.status->provider, "Placeholder") << "who has to be asked to take it back";
  EXPECT_EQ(report.status->headroom, 2U);
  EXPECT_EQ(held(), 2);
}

TEST_F(CapacityControllerTest, AutoTakesABufferWhereThatIsServed) {
  set("provider: Auto");
  EXPECT_EQ(look(2).status->provider, "Placeholder");
  ASSERT_EQ(held(), 1);
  server_.serve("autoscaling.x-k8s.io/v1alpha1",
                yaml("[{name: capacitybuffers, kind: CapacityBuffer, namespaced: true}]"));
  clock_.advance(kube::Discovery::kAbsentFor);
  EXPECT_EQ(look(2).status->provider, "CapacityBuffer");
  EXPECT_EQ(held(), -1) << "one of them is enough";
  EXPECT_TRUE(client_.get(
      "/apis/autoscaling.x-k8s.io/v1alpha1/namespaces/ns/capacitybuffers/chat-headroom"));
}

TEST_F(CapacityControllerTest, WithoutTheRightItSaysWhereToGiveIt) {
  server_.fail_next(std::string("PATCH ") + kHeld,
                    {.status = 403, .body = R"({"message": "forbidden"})", .retry_after = ""});
  const auto refused = condition(look(2), "NodeCapacity");
  EXPECT_EQ(refused.status, ConditionStatus::kFalse);
  EXPECT_EQ(refused.reason, "NotAllowed");
  EXPECT_EQ(refused.message, "forbidden; the chart's nodeCapacity gives that right");
}

// They would size it against each other for ever.
TEST_F(CapacityControllerTest, APoolThatAnOlderPolicySizesIsLeftToIt) {
  look(3);
  ASSERT_EQ(held(), 2);
  const std::string pool =
      "provider: Scale, scale: {apiVersion: karpenter.sh/v1, kind: NodePool, name: gpu, "
      "gpusPerNode: 8}";
  const auto older = reconcile::policy(
      "older",
      "{selector: {matchLabels: {app: llm}}, autoscaling: {mode: Enforce, target: {name: engine}, "
      "maxReplicas: 8, nodes: {" +
          pool + "}}}",
      "2025-01-01T00:00:00Z");
  controller_.look(*older, {.forecast = {.replicas = 3}, .desired = 1});
  set(pool);
  const auto shared = condition(look(3), "NodeCapacity");
  EXPECT_EQ(shared.status, ConditionStatus::kFalse);
  EXPECT_EQ(shared.reason, "PoolShared");
  EXPECT_TRUE(shared.message.starts_with("OptimizationPolicy ns/older, which is older, sizes"));
  EXPECT_EQ(held(), -1) << "the placeholders of before";
  controller_.release("ns/older", nullptr);
  EXPECT_EQ(condition(look(3), "NodeCapacity").reason, "NodePoolNotFound") << "it may, now";
}

TEST_F(CapacityControllerTest, PlaceholdersThatAreTurnedOffAreNotMade) {
  CapacityController without(stores_, client_, discovery_, events_, clock_,
                             {.placeholders = false});
  const NodeDemand demand{.forecast = {.replicas = 3}, .desired = 1};
  const auto refused = condition(without.look(*policy_, demand), "NodeCapacity");
  EXPECT_EQ(refused.status, ConditionStatus::kFalse);
  EXPECT_EQ(refused.reason, "NotAllowed");
  EXPECT_EQ(refused.message,
            "placeholder pods are turned off; the chart's nodeCapacity gives that right");
  set("provider: Auto");
  clock_.advance(CapacityController::kPeriod);
  const auto automatic = condition(without.look(*policy_, demand), "NodeCapacity");
  EXPECT_EQ(automatic.reason, "NotAllowed");
  EXPECT_TRUE(automatic.message.starts_with("the cluster serves no CapacityBuffer, and"));
  EXPECT_EQ(held(), -1);
}

TEST_F(CapacityControllerTest, PlaceholdersThatAreTurnedOffAreTakenBack) {
  look(3);
  ASSERT_EQ(held(), 2);
  set("provider: Placeholder", "Enforce",
      yaml("{autoscaling: {nodes: {provider: Placeholder, headroom: 2}}}"));
  CapacityController without(stores_, client_, discovery_, events_, clock_,
                             {.placeholders = false});
  without.look(*policy_, {.forecast = {.replicas = 3}, .desired = 1});
  EXPECT_EQ(held(), -1);
}

// As a LeaderWorkerSet's.
TEST_F(CapacityControllerTest, WhatHasItsTemplateElsewhereIsNotTakenForOneWithoutGpus) {
  ASSERT_TRUE(client_.remove("/apis/apps/v1/namespaces/ns/deployments/engine"));
  ASSERT_TRUE(client_.create(
      "/apis/apps/v1/namespaces/ns/deployments",
      yaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: engine, namespace: ns}, spec: "
           "{replicas: 1, leaderWorkerTemplate: {size: 2}}}")));
  EXPECT_EQ(condition(look(3), "NodeCapacity").reason, "TemplateUnknown");
}

TEST_F(CapacityControllerTest, APodWithoutGpusNeedsNone) {
  ASSERT_TRUE(client_.remove("/apis/apps/v1/namespaces/ns/deployments/engine"));
  deploy("resources: {limits: {cpu: 4}}");
  EXPECT_EQ(condition(look(3), "NodeCapacity").reason, "NoGpus");
  EXPECT_EQ(held(), -1);
}

TEST_F(CapacityControllerTest, GpusByClaimsAreCountedInResourceSlices) {
  server_.serve("resource.k8s.io/v1",
                yaml("[{name: resourceslices, kind: ResourceSlice, namespaced: false}, {name: "
                     "resourceclaims, kind: ResourceClaim, namespaced: true}, {name: "
                     "resourceclaimtemplates, kind: ResourceClaimTemplate, namespaced: true}]"));
  const auto create = [&](const std::string& collection, const std::string& object) {
    const auto made = client_.create("/apis/resource.k8s.io/v1/" + collection, yaml(object));
    ASSERT_TRUE(made) << made.error().message;
  };
  create("namespaces/ns/resourceclaimtemplates",
         "{metadata: {name: two, namespace: ns}, spec: {spec: {devices: {requests: [{name: g, "
         "exactly: {deviceClassName: gpu.nvidia.com, count: 2}}]}}}}");
  create("resourceslices",
         "{metadata: {name: s}, spec: {driver: gpu.nvidia.com, nodeName: a, pool: {name: a, "
         "generation: 1}, devices: [{}, {}, {}, {}, {}]}}");
  for (const char* pod : {"one", "other"}) {  // the first is a replica
    create("namespaces/ns/resourceclaims",
           std::string("{metadata: {name: ") + pod +
               ", namespace: ns}, status: {reservedFor: [{resource: pods, name: " + pod +
               "}], allocation: {devices: {results: [{driver: gpu.nvidia.com, pool: a}]}}}}");
  }
  ASSERT_TRUE(client_.remove("/apis/apps/v1/namespaces/ns/deployments/engine"));
  deploy(
      "resources: {claims: [{name: g}]}}], resourceClaims: [{name: g, "
      "resourceClaimTemplateName: two");
  const NodeReport report = look(3);
  ASSERT_TRUE(report.status) << condition(report, "NodeCapacity").message;
  EXPECT_EQ(report.status->reason, "Forecast") << condition(report, "NodeCapacity").message;
  EXPECT_EQ(report.status->allocatable, 2U) << "two of two each, of five less the other's one";
  EXPECT_EQ(report.status->gpus, 4U);
  const auto made = client_.get(kHeld);
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)["spec"]["template"]["spec"]["resourceClaims"][0]["resourceClaimTemplateName"],
            "two");
}

TEST_F(CapacityControllerTest, ASpotShareIsHeldApart) {
  set("provider: Placeholder, spot: {sharePercent: 50}");
  look(4);
  EXPECT_EQ(held(), 2) << "three, of which one is on spot";
  const auto spot = client_.get(std::string(kHeld) + "-spot");
  ASSERT_TRUE(spot);
  EXPECT_EQ((*spot)["spec"]["replicas"], 1);
  EXPECT_EQ((*spot)["spec"]["template"]["spec"]["nodeSelector"],
            yaml("{karpenter.sh/capacity-type: spot}"));
}

}  // namespace
}  // namespace penstock::controllers

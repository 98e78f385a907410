#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/controllers/autoscaled_target.h"

namespace penstock::controllers {
namespace {

using reconcile::yaml;

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

}  // namespace
}  // namespace penstock::controllers

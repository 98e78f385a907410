#include <string>

#include <gtest/gtest.h>

#include "lib/json/text.h"
#include "operator/capacity/buffer_provider.h"
#include "operator/capacity/placeholder_provider.h"
#include "operator/capacity/scale_provider.h"
#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"

namespace penstock::capacity {
namespace {

constexpr const char* kBuffers = "/apis/autoscaling.x-k8s.io/v1beta1/namespaces/ns/capacitybuffers";
constexpr const char* kTemplates = "/api/v1/namespaces/ns/podtemplates";
constexpr const char* kDeployments = "/apis/apps/v1/namespaces/ns/deployments";
constexpr const char* kPools = "/apis/cluster.x-k8s.io/v1beta1/namespaces/ns/machinedeployments";

json::Value yaml(const std::string& text) {
  return json::parse_yaml(text).documents.at(0).value;
}

Wish wish(int replicas) {
  return {.policy = {.ns = "ns", .name = "chat", .uid = "u"},
          .pod_spec = yaml("{containers: [{resources: {limits: {nvidia.com/gpu: 4}}}]}"),
          .parts = {{.suffix = kHeadroom, .replicas = replicas}},
          .gpus_per_replica = 4};
}

class ProvidersTest : public ::testing::Test {
 protected:
  void serve(const std::string& api_version, const std::string& resources) {
    server_.serve(api_version, yaml(resources));
  }

  std::int64_t replicas(const std::string& path) {
    const auto found = client_.get(path);
    return found ? kube::number_of(kube::member(*found, "spec"), "replicas") : -1;
  }

  bool exists(const std::string& path) { return client_.get(path).has_value(); }

  fakes::FakeClock clock_;
  fakes::FakeApiServer server_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  kube::Discovery discovery_{client_, clock_};
};

TEST_F(ProvidersTest, ABufferAndItsTemplateAreMadeChangedAndTakenBack) {
  serve("autoscaling.x-k8s.io/v1beta1",
        "[{name: capacitybuffers, kind: CapacityBuffer, namespaced: true}]");
  BufferProvider provider(client_, discovery_, "pause");
  const auto first = provider.hold(wish(2));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->reason, "AwaitingAutoscaler") << "nobody has put a condition on it";
  EXPECT_EQ(replicas(kBuffers + std::string("/chat-headroom")), 2);
  EXPECT_TRUE(exists(kTemplates + std::string("/chat-headroom")));
  ASSERT_TRUE(client_.merge(kBuffers + std::string("/chat-headroom/status"),
                            yaml("{status: {conditions: [{type: ReadyForProvisioning, status: "
                                 "\"False\", message: no}]}}")));
  EXPECT_EQ(provider.hold(wish(1))->reason, "BufferNotReady");
  EXPECT_EQ(provider.hold(wish(1))->message, "no");
  ASSERT_TRUE(client_.merge(
      kBuffers + std::string("/chat-headroom/status"),
      yaml("{status: {conditions: [{type: ReadyForProvisioning, status: \"True\"}]}}")));
  EXPECT_EQ(provider.hold(wish(1))->reason, "");
  EXPECT_EQ(replicas(kBuffers + std::string("/chat-headroom")), 1);
  ASSERT_TRUE(provider.release(wish(0).policy));
  EXPECT_FALSE(exists(kBuffers + std::string("/chat-headroom")));
  EXPECT_FALSE(exists(kTemplates + std::string("/chat-headroom")));
  EXPECT_TRUE(provider.release(wish(0).policy)) << "gone already";
}

TEST_F(ProvidersTest, ABufferThatIsNotServedIsSaid) {
  BufferProvider provider(client_, discovery_, "pause");
  EXPECT_EQ(provider.hold(wish(1))->reason, "CapacityBufferNotServed");
  EXPECT_TRUE(provider.release(wish(0).policy));
}

TEST_F(ProvidersTest, TheShareOfSpotNodesGoesWithTheWishForIt) {
  PlaceholderProvider provider(client_, "pause", "low");
  Wish both = wish(1);
  both.parts.push_back({.suffix = kSpotHeadroom, .nodes = {.wanted = {{"a", "b"}}}, .replicas = 2});
  ASSERT_TRUE(provider.hold(both));
  EXPECT_EQ(replicas(kDeployments + std::string("/chat-headroom")), 1);
  EXPECT_EQ(replicas(kDeployments + std::string("/chat-headroom-spot")), 2);
  ASSERT_TRUE(provider.hold(wish(3)));
  EXPECT_EQ(replicas(kDeployments + std::string("/chat-headroom")), 3);
  EXPECT_FALSE(exists(kDeployments + std::string("/chat-headroom-spot")));
}

TEST_F(ProvidersTest, PlaceholdersThatNobodyAdmitsAreSaid) {
  PlaceholderProvider provider(client_, "pause", "low");
  EXPECT_EQ(provider.hold(wish(1))->reason, "");
  ASSERT_TRUE(client_.merge(
      kDeployments + std::string("/chat-headroom/status"),
      yaml("{status: {conditions: [{type: ReplicaFailure, status: \"True\", message: quota}]}}")));
  const auto held = provider.hold(wish(1));
  EXPECT_EQ(held->reason, "PlaceholdersRefused");
  EXPECT_EQ(held->message, "quota");
}

TEST_F(ProvidersTest, AMachineDeploymentGrowsAndIsNeverShrunk) {
  serve("cluster.x-k8s.io/v1beta1",
        "[{name: machinedeployments, kind: MachineDeployment, namespaced: true}, {name: "
        "machinedeployments/scale, kind: Scale, namespaced: true}]");
  ASSERT_TRUE(
      client_.create(kPools, yaml("{apiVersion: cluster.x-k8s.io/v1beta1, kind: "
                                  "MachineDeployment, metadata: {name: gpu, namespace: ns}, "
                                  "spec: {replicas: 1}}")));
  ScaleProvider provider(client_, discovery_,
                         {.api_version = "cluster.x-k8s.io/v1beta1",
                          .kind = "MachineDeployment",
                          .name = "gpu",
                          .gpus_per_node = 8});
  Wish more = wish(0);
  more.expected = 5;
  more.room = {.allocatable = 2, .pool_nodes = 1};
  ASSERT_EQ(provider.hold(more)->reason, "");
  EXPECT_EQ(replicas(kPools + std::string("/gpu")), 3) << "two replicas a node";
  more.expected = 0;
  more.room = {.allocatable = 6, .pool_nodes = 3, .pool_empty = 3};
  ASSERT_EQ(provider.hold(more)->reason, "");
  EXPECT_EQ(replicas(kPools + std::string("/gpu")), 3) << "it would take any machine";
  more.gpus_per_replica = 16;
  EXPECT_EQ(provider.hold(more)->reason, "NodeTooSmall");
}

// It would take away each node that comes, since nobody uses it yet.
TEST_F(ProvidersTest, APoolOfClusterAutoscalersIsLeftAlone) {
  serve("cluster.x-k8s.io/v1beta1",
        "[{name: machinepools, kind: MachinePool, namespaced: true}, {name: machinepools/scale, "
        "kind: Scale, namespaced: true}]");
  const std::string pools = "/apis/cluster.x-k8s.io/v1beta1/namespaces/ns/machinepools";
  ScaleProvider provider(client_, discovery_,
                         {.api_version = "cluster.x-k8s.io/v1beta1",
                          .kind = "MachinePool",
                          .name = "gpu",
                          .gpus_per_node = 8});
  Wish more = wish(0);
  more.expected = 5;
  for (const char* bound : {"min", "max"}) {
    ASSERT_TRUE(client_.create(
        pools, yaml(std::string("{apiVersion: cluster.x-k8s.io/v1beta1, kind: MachinePool, "
                                "metadata: {name: gpu, namespace: ns, annotations: "
                                "{cluster.x-k8s.io/cluster-api-autoscaler-node-group-") +
                    bound + "-size: \"0\"}}, spec: {replicas: 1}}")));
    const auto refused = provider.hold(more);
    ASSERT_TRUE(refused) << refused.error().message;
    EXPECT_EQ(refused->reason, "ManagedByClusterAutoscaler");
    EXPECT_TRUE(refused->message.contains(std::string("node-group-") + bound + "-size"));
    EXPECT_EQ(replicas(pools + "/gpu"), 1);
    ASSERT_TRUE(client_.remove(pools + "/gpu"));
  }
  ASSERT_TRUE(client_.create(pools, yaml("{apiVersion: cluster.x-k8s.io/v1beta1, kind: "
                                         "MachinePool, metadata: {name: gpu, namespace: ns}, "
                                         "spec: {replicas: 1}}")));
  EXPECT_EQ(provider.hold(more)->reason, "");
  EXPECT_EQ(replicas(pools + "/gpu"), 3) << "one is on its way, two replicas a node";
}

TEST_F(ProvidersTest, ANodeThatLimitsForbidIsSaidWhereItIsMissed) {
  server_.serve(
      "karpenter.sh/v1",
      yaml("[{name: nodepools, kind: NodePool, namespaced: false}, {name: nodepools/scale, "
           "kind: Scale, namespaced: false}]"));
  ASSERT_TRUE(client_.create(
      "/apis/karpenter.sh/v1/nodepools",
      yaml("{apiVersion: karpenter.sh/v1, kind: NodePool, metadata: {name: limited}, "
           "spec: {replicas: 1}}")));
  ScaleProvider provider(client_, discovery_,
                         {.api_version = "karpenter.sh/v1",
                          .kind = "NodePool",
                          .name = "limited",
                          .gpus_per_node = 8});
  Wish ahead = wish(1);
  ahead.gpus_per_replica = 1;
  ahead.expected = 5;
  ahead.headroom = ahead.headroom_max = 1;
  ahead.room.pool_nodes = 1;
  ahead.room.allocatable = 8;
  EXPECT_EQ(provider.hold(ahead)->reason, "") << "there is room";
  ahead.expected = 9;
  EXPECT_EQ(provider.hold(ahead)->reason, "NodeBeyondLimits");
  ahead.headroom_max = 8;
  EXPECT_EQ(provider.hold(ahead)->reason, "");
}

TEST_F(ProvidersTest, APoolThatIsNotThereIsSaid) {
  ScaleProvider provider(client_, discovery_,
                         {.api_version = "karpenter.sh/v1", .kind = "NodePool", .name = "gpu"});
  EXPECT_EQ(provider.hold(wish(0))->reason, "NodeTooSmall");
  Wish small = wish(0);
  small.gpus_per_replica = 1;
  EXPECT_EQ(provider.hold(small)->reason, "NodePoolNotFound");
}

TEST_F(ProvidersTest, NodesOfAKarpenterPoolAreKnownByTheirLabel) {
  const api::NodePoolSpec pool{.api_version = "karpenter.sh/v1", .kind = "NodePool", .name = "gpu"};
  EXPECT_TRUE(is_in_pool(pool, {{"karpenter.sh/nodepool", "gpu"}}, {}));
  EXPECT_FALSE(is_in_pool(pool, {{"karpenter.sh/nodepool", "cpu"}}, {}));
  EXPECT_FALSE(is_in_pool(pool, {}, {}));
}

// Nodes of others that the target fits on would otherwise hide that the pool's own are still
// coming.
TEST_F(ProvidersTest, NodesOfAClusterApiPoolAreKnownByTheirMachinesOwner) {
  const api::NodePoolSpec pool{
      .api_version = "cluster.x-k8s.io/v1beta1", .kind = "MachineDeployment", .name = "gpu"};
  EXPECT_TRUE(is_in_pool(pool, {}, {"MachineSet", "gpu-x7k2p"}));
  EXPECT_TRUE(is_in_pool(pool, {}, {"", "gpu-x7k2p"}));
  EXPECT_FALSE(is_in_pool(pool, {}, {"MachineSet", "gpus-x7k2p"}));
  EXPECT_FALSE(is_in_pool(pool, {}, {"MachineSet", "gpu-spot-x7k2p"})) << "MachineDeployment's";
  EXPECT_FALSE(is_in_pool(pool, {}, {"MachinePool", "gpu-spot"}));
  EXPECT_FALSE(is_in_pool(pool, {}, {}));
  const api::NodePoolSpec one{
      .api_version = "cluster.x-k8s.io/v1beta1", .kind = "MachinePool", .name = "gpu"};
  EXPECT_TRUE(is_in_pool(one, {}, {"MachinePool", "gpu"}));
  EXPECT_FALSE(is_in_pool(one, {}, {"MachinePool", "gpu-x7k2p"}));
  EXPECT_FALSE(is_in_pool(one, {}, {"MachineSet", "gpu"}));
}

}  // namespace
}  // namespace penstock::capacity

#include "operator/controllers/node_sights.h"

#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::yaml;

constexpr const char* kGpus = "resources: {limits: {nvidia.com/gpu: 8}}";
constexpr const char* kSettled = "2026-01-01T00:00:00Z";

// A NodePool of which the target, with eight GPUs a replica, tolerates no taint and one zone.
class NodeSightsTest : public testing::Test {
 protected:
  void node(const std::string& name, const std::string& created, const std::string& taint = "",
            const std::string& zone = "a") {
    stores_.nodes.put(std::make_shared<const reconcile::Node>(read_node(yaml(
        "{metadata: {name: " + name + ", creationTimestamp: \"" + created +
        "\", labels: {karpenter.sh/nodepool: gpu, zone: " + zone + "}}, spec: {taints: [" + taint +
        "]}, status: {allocatable: {nvidia.com/gpu: \"8\"}, conditions: "
        "[{type: Ready, status: \"True\"}]}}"))));
  }
  void pod(const std::string& name, const std::string& on) {
    stores_.pods.put(std::make_shared<const reconcile::Pod>(
        read_pod(yaml("{metadata: {name: " + name +
                      ", namespace: ns, labels: {app: llm}, ownerReferences: [{kind: ReplicaSet, "
                      "controller: true, name: engine-abc12}]}, spec: {nodeName: " +
                      on + ", containers: [{" + kGpus + "}]}}"))));
  }
  // Names of those that are seen; in brackets where they serve nobody.
  std::string seen(const api::NodePoolSpec& pool) {
    const std::optional<api::LabelSelector> selected;
    const NodeSights sights = node_sights(
        stores_, {*policy_, selected},
        {.resource = "nvidia.com/gpu",
         .gpus = 8,
         .pod_spec = yaml(std::string("{nodeSelector: {zone: a}, containers: [{") + kGpus + "}]}")},
        pool, kSettled);
    std::string names;
    for (const capacity::NodeSight& sight : sights.nodes) {
      names += capacity::serves(sight) ? sight.name : "(" + sight.name + ")";
    }
    return names;
  }

  static constexpr const char* kOld = "2025-12-01T00:00:00Z";
  static constexpr const char* kNew = "2026-01-02T00:00:00Z";
  static constexpr const char* kSick = "{key: gpu-health, value: bad, effect: NoSchedule}";
  Stores stores_{StoreChanges{}};
  reconcile::Ptr<reconcile::Policy> policy_ =
      reconcile::policy("chat",
                        "{selector: {matchLabels: {app: llm}}, autoscaling: {target: {name: "
                        "engine}, maxReplicas: 8}}",
                        kOld);
  const api::NodePoolSpec pool_{
      .api_version = "karpenter.sh/v1", .kind = "NodePool", .name = "gpu"};
};

TEST_F(NodeSightsTest, OneInUseThatTheTargetFitsNoMoreIsThereAndServesNobody) {
  node("a", kNew);
  node("b", kNew, kSick);
  EXPECT_EQ(seen(pool_), "a") << "it may come";
  pod("p", "b");
  EXPECT_EQ(seen(pool_), "a(b)");
}

TEST_F(NodeSightsTest, SoIsAnOldOneThatIsEmpty) {
  node("a", kNew);
  node("b", kOld, kSick);
  EXPECT_EQ(seen(pool_), "a(b)");
}

// It would buy one after the other.
TEST_F(NodeSightsTest, WhereMoreOfThePoolHaveTheTaintThanFitAllAreToCome) {
  node("a", kOld);
  node("b", kOld, kSick);
  EXPECT_EQ(seen(pool_), "a(b)");
  node("c", kOld, kSick);
  EXPECT_EQ(seen(pool_), "a");
}

TEST_F(NodeSightsTest, OneOfAnotherZoneIsReplacedByNone) {
  node("a", kOld);
  node("b", kOld, "", "b");
  EXPECT_EQ(seen(pool_), "a") << "the next might be of that zone again";
}

TEST_F(NodeSightsTest, OfAPoolWhoseNodesAreNotKnownNoOtherIsTaken) {
  node("a", kOld);
  node("b", kOld, kSick);
  pod("p", "b");
  EXPECT_EQ(seen({.api_version = "example.com/v1", .kind = "Pool", .name = "gpu"}), "a");
}

}  // namespace
}  // namespace penstock::controllers

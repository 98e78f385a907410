#include "operator/controllers/shared_pool.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

constexpr const char* kNodePool =
    "apiVersion: karpenter.sh/v1, kind: NodePool, name: gpu, gpusPerNode: 8";
constexpr const char* kMachines =
    "apiVersion: cluster.x-k8s.io/v1beta1, kind: MachineDeployment, name: gpu, gpusPerNode: 8";

class SharedPoolTest : public ::testing::Test {
 protected:
  void put(const std::string& ns, const std::string& name, const std::string& pool,
           const std::string& day, const std::string& mode = "Enforce") {
    reconcile::Policy policy = *reconcile::policy(
        name,
        "{selector: {matchLabels: {app: llm}}, autoscaling: {mode: " + mode +
            ", target: {name: engine}, maxReplicas: 8, nodes: {provider: Scale, scale: {" + pool +
            "}}}}",
        "2026-01-" + day + "T00:00:00Z");
    EXPECT_EQ(policy.errors, std::vector<std::string>());
    policy.meta.ns = ns;
    stores_.policies.put(std::make_shared<const reconcile::Policy>(std::move(policy)));
  }
  std::string keeper(const std::string& ns, const std::string& name) {
    return older_pool_keeper(stores_, *stores_.policies.find(ns, name));
  }

  Stores stores_{StoreChanges{}};
};

TEST_F(SharedPoolTest, TheOlderPolicySizesIt) {
  put("one", "old", kNodePool, "01");
  put("two", "young", kNodePool, "02");
  EXPECT_EQ(keeper("one", "old"), "");
  EXPECT_EQ(keeper("two", "young"), "one/old");
}

TEST_F(SharedPoolTest, OfOneAgeTheNameDecides) {
  put("ns", "a", kNodePool, "01");
  put("ns", "b", kNodePool, "01");
  EXPECT_EQ(keeper("ns", "a"), "");
  EXPECT_EQ(keeper("ns", "b"), "ns/a");
}

TEST_F(SharedPoolTest, AVersionMakesNoOtherPool) {
  put("ns", "old", "apiVersion: karpenter.sh/v1beta1, kind: NodePool, name: gpu, gpusPerNode: 8",
      "01");
  put("ns", "young", kNodePool, "02");
  EXPECT_EQ(keeper("ns", "young"), "ns/old");
}

TEST_F(SharedPoolTest, OtherPoolsAreNone) {
  put("ns", "old", "apiVersion: karpenter.sh/v1, kind: NodePool, name: other, gpusPerNode: 8",
      "01");
  put("other", "machines", kMachines, "01");
  put("ns", "young", kNodePool, "02");
  put("ns", "mine", kMachines, "02");
  EXPECT_EQ(keeper("ns", "young"), "");
  EXPECT_EQ(keeper("ns", "mine"), "") << "of that name in another namespace";
}

TEST_F(SharedPoolTest, WhoOnlyAdvisesKeepsNothing) {
  put("ns", "old", kNodePool, "01", "Advise");
  put("ns", "young", kNodePool, "02");
  EXPECT_EQ(keeper("ns", "young"), "");
}

}  // namespace
}  // namespace penstock::controllers

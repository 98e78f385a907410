#include "operator/controllers/pool_keepers.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::controllers {
namespace {

const api::NodePoolSpec kNodePool{
    .api_version = "karpenter.sh/v1", .kind = "NodePool", .name = "gpu"};
const api::NodePoolSpec kMachines{
    .api_version = "cluster.x-k8s.io/v1beta1", .kind = "MachineDeployment", .name = "gpu"};

kube::ObjectMeta policy(const std::string& ns, const std::string& name, const std::string& day) {
  kube::ObjectMeta meta;
  meta.ns = ns;
  meta.name = name;
  meta.created = "2026-01-" + day + "T00:00:00Z";
  return meta;
}

const kube::ObjectMeta kOld = policy("one", "old", "01");
const kube::ObjectMeta kYoung = policy("two", "young", "02");

TEST(PoolKeepersTest, TheOlderPolicySizesAPool) {
  PoolKeepers keepers;
  EXPECT_EQ(keepers.claim(kNodePool, kOld), "");
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "one/old");
  EXPECT_EQ(keepers.claim(kNodePool, kOld), "");
}

// As after a start, where the younger one was looked at first.
TEST(PoolKeepersTest, AlsoWhereTheYoungerAskedFirst) {
  PoolKeepers keepers;
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "");
  EXPECT_EQ(keepers.claim(kNodePool, kOld), "");
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "one/old");
}

TEST(PoolKeepersTest, OfOneAgeTheNameDecides) {
  PoolKeepers keepers;
  EXPECT_EQ(keepers.claim(kNodePool, policy("ns", "b", "01")), "");
  EXPECT_EQ(keepers.claim(kNodePool, policy("ns", "a", "01")), "");
  EXPECT_EQ(keepers.claim(kNodePool, policy("ns", "b", "01")), "ns/a");
}

TEST(PoolKeepersTest, AVersionMakesNoOtherPool) {
  PoolKeepers keepers;
  api::NodePoolSpec before = kNodePool;
  before.api_version = "karpenter.sh/v1beta1";
  EXPECT_EQ(keepers.claim(before, kOld), "");
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "one/old");
}

TEST(PoolKeepersTest, OthersOfThatNameAreOtherPools) {
  PoolKeepers keepers;
  EXPECT_EQ(keepers.claim(kMachines, kOld), "");
  EXPECT_EQ(keepers.claim(kMachines, kYoung), "") << "in another namespace";
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "");
}

TEST(PoolKeepersTest, WhoSizesItNoMoreLeavesItToOthers) {
  PoolKeepers keepers;
  keepers.claim(kNodePool, kOld);
  keepers.release("one/old");
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "");
  keepers.claim(kNodePool, kOld);
  keepers.claim(kMachines, kOld);
  EXPECT_EQ(keepers.claim(kNodePool, kYoung), "") << "it took another one";
}

}  // namespace
}  // namespace penstock::controllers

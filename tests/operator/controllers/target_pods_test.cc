#include "operator/controllers/target_pods.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/label_query.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::Pod;

// Whether a policy of this target has `pod`, where its /scale selects so.
bool has(const std::string& target, const Pod& pod, const std::string& selected = "") {
  const auto policy = reconcile::policy(
      "chat", "{selector: {matchLabels: {app: llm}}, autoscaling: {maxReplicas: 2, target: " +
                  target + "}}");
  EXPECT_EQ(policy->errors, std::vector<std::string>()) << target;
  const auto query = kube::parse_label_query(selected);
  return TargetPods{*policy, query}.has(pod);
}

Pod owned(const std::string& kind, const std::string& name) {
  Pod pod = reconcile::pod("p");
  pod.owner_kind = kind;
  pod.owner_name = name;
  return pod;
}

TEST(TargetPodsTest, OfADeploymentByItsReplicaSets) {
  const std::string target = "{name: engine}";
  EXPECT_TRUE(has(target, owned("ReplicaSet", "engine-7d9f8b")));
  EXPECT_FALSE(has(target, owned("ReplicaSet", "engine-canary-7d9f8b")));
  EXPECT_FALSE(has(target, owned("ReplicaSet", "other-7d9f8b")));
  EXPECT_FALSE(has(target, owned("StatefulSet", "engine")));
  EXPECT_FALSE(has(target, owned("", "")));
}

TEST(TargetPodsTest, OfAStatefulSetByItsName) {
  const std::string target = "{apiVersion: apps/v1, kind: StatefulSet, name: engine}";
  EXPECT_TRUE(has(target, owned("StatefulSet", "engine")));
  EXPECT_FALSE(has(target, owned("StatefulSet", "engine-2")));
  EXPECT_FALSE(has(target, owned("ReplicaSet", "engine-7d9f8b")));
}

// As for a LeaderWorkerSet, whose leaders alone are its replicas.
TEST(TargetPodsTest, OfAnotherKindByWhatItsScaleSelects) {
  const std::string target = "{apiVersion: example.com/v1, kind: Model, name: engine}";
  Pod pod = owned("StatefulSet", "engine-0");
  EXPECT_TRUE(has(target, pod)) << "it selects nothing";
  EXPECT_FALSE(has(target, pod, "index=0"));
  pod.meta.labels["index"] = "0";
  EXPECT_TRUE(has(target, pod, "index=0"));
  pod.meta.labels.erase("app");
  EXPECT_FALSE(has(target, pod, "index=0")) << "the policy has to take it, too";
}

TEST(TargetPodsTest, OnesThatLeaveAreNone) {
  Pod pod = owned("ReplicaSet", "engine-7d9f8b");
  pod.finished = true;
  EXPECT_FALSE(has("{name: engine}", pod));
  pod.finished = false;
  pod.meta.deleting = true;
  EXPECT_FALSE(has("{name: engine}", pod));
}

}  // namespace
}  // namespace penstock::controllers

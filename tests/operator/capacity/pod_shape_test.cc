#include "operator/capacity/pod_shape.h"

#include <string>

#include <gtest/gtest.h>

#include "lib/json/text.h"

namespace penstock::capacity {
namespace {

json::Value yaml(const std::string& text) {
  return json::parse_yaml(text).documents.at(0).value;
}

TEST(PodShapeTest, GpusAreWhatAllContainersAskFor) {
  const PodShape shape = shape_of(
      yaml("{spec: {containers: [{resources: {limits: {nvidia.com/gpu: 4, cpu: 8}}}, {resources: "
           "{requests: {nvidia.com/gpu: \"2\", rdma/hca: 1}, limits: {nvidia.com/gpu: \"2\"}}}], "
           "initContainers: [{resources: {limits: {nvidia.com/gpu: 5}}}]}}"));
  EXPECT_EQ(shape.resource, "nvidia.com/gpu");
  EXPECT_EQ(shape.gpus, 6);
}

TEST(PodShapeTest, OtherDevicesAreGpusWhereNoKnownOneIsAskedFor) {
  const auto of = [](const std::string& limits) {
    return shape_of(yaml("{spec: {containers: [{resources: {limits: " + limits + "}}]}}")).resource;
  };
  EXPECT_EQ(of("{amd.com/gpu: 1}"), "amd.com/gpu");
  EXPECT_EQ(of("{nvidia.com/mig-1g.10gb: 1}"), "nvidia.com/mig-1g.10gb");
  EXPECT_EQ(of("{cpu: 1, memory: 1Gi, hugepages-2Mi: 4Mi}"), "");
  EXPECT_EQ(of("{example.kubernetes.io/x: 1}"), "");
  EXPECT_EQ(of("{nvidia.com/gpu: 0}"), "");
}

TEST(PodShapeTest, MalformedPodsAskForNothing) {
  EXPECT_EQ(shape_of({}).gpus, 0);
  EXPECT_EQ(
      shape_of(yaml("{spec: {containers: [1, {resources: {limits: [nvidia.com/gpu]}}]}}")).gpus, 0);
  EXPECT_EQ(
      shape_of(yaml("{spec: {containers: [{resources: {limits: {nvidia.com/gpu: -3}}}]}}")).gpus,
      0);
}

TEST(PodShapeTest, WhereItMayRun) {
  const std::map<std::string, std::string> labels = {{"pool", "gpu"}, {"zone", "a"}};
  const std::vector<Taint> taints = {{"nvidia.com/gpu", "present", "NoSchedule"}};
  const auto on = [&](const std::string& spec) { return fits(yaml(spec), {labels, taints}); };
  const std::string any = "tolerations: [{operator: Exists}]";
  EXPECT_FALSE(on("{}")) << "the taint";
  EXPECT_TRUE(on("{" + any + "}"));
  EXPECT_TRUE(on("{tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]}"));
  EXPECT_TRUE(on("{tolerations: [{key: nvidia.com/gpu, value: present}]}"));
  EXPECT_FALSE(on("{tolerations: [{key: nvidia.com/gpu, value: absent}]}"));
  EXPECT_FALSE(on("{tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoExecute}]}"));
  EXPECT_TRUE(on("{nodeSelector: {pool: gpu}, " + any + "}"));
  EXPECT_FALSE(on("{nodeSelector: {pool: cpu}, " + any + "}"));
  const auto affine = [&](const std::string& terms) {
    return on("{" + any +
              ", affinity: {nodeAffinity: "
              "{requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [" +
              terms + "]}}}}");
  };
  EXPECT_TRUE(affine("{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}"));
  EXPECT_FALSE(affine("{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}"));
  EXPECT_TRUE(
      affine("{matchExpressions: [{key: zone, operator: In, values: [c]}]}, "
             "{matchExpressions: [{key: pool, operator: Exists}]}"));
  EXPECT_FALSE(affine("{matchExpressions: [{key: pool, operator: DoesNotExist}]}"));
}

TEST(PodShapeTest, TaintsOfANodesStateAreNoneOfItsPlace) {
  const std::vector<Taint> taints = {{"node.kubernetes.io/not-ready", "", "NoExecute"},
                                     {"karpenter.sh/disrupted", "", "NoSchedule"},
                                     {"a", "", "PreferNoSchedule"}};
  EXPECT_TRUE(fits({}, {{}, taints}));
}

}  // namespace
}  // namespace penstock::capacity

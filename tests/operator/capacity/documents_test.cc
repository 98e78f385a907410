#include "operator/capacity/documents.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/text.h"
#include "operator/capacity/pod_shape.h"

namespace penstock::capacity {
namespace {

json::Value yaml(const std::string& text) {
  return json::parse_yaml(text).documents.at(0).value;
}

Placeholder placeholder() {
  return {.policy = {.ns = "ns", .name = "chat", .uid = "u-1"},
          .suffix = "headroom",
          .pod_spec = yaml(
              "{nodeSelector: {pool: gpu}, tolerations: [{operator: Exists}], serviceAccountName: "
              "engine, volumes: [{name: v}], containers: [{name: engine, image: vllm, env: [{name: "
              "TOKEN, value: x}], resources: {requests: {cpu: 4}, limits: {memory: 16Gi, cpu: 8, "
              "nvidia.com/gpu: 4}}}]}"),
          .sidecar = yaml("{name: penstock-sidecar, resources: {requests: {cpu: 100m}}}"),
          .image = "pause"};
}

TEST(DocumentsTest, ABuffersTemplateStatesGpusAsRequestsAndAsLimits) {
  const json::Value made = pod_template(placeholder());
  const json::Value& spec = made["template"]["spec"];
  EXPECT_EQ(
      spec["containers"][0]["resources"],
      yaml("{requests: {cpu: 4, memory: 16Gi, nvidia.com/gpu: 4}, limits: {nvidia.com/gpu: 4}}"));
  EXPECT_EQ(spec["containers"][1]["resources"], yaml("{requests: {cpu: 100m}}"));
  EXPECT_EQ(spec["nodeSelector"], yaml("{pool: gpu}"));
  EXPECT_FALSE(spec.contains("priorityClassName"));
}

TEST(DocumentsTest, NothingOfWhatTheTargetDoesIsInIt) {
  const std::string text = headroom_pod(placeholder()).dump();
  for (const char* word : {"TOKEN", "serviceAccountName", "volumes", "vllm", "penstock-sidecar"}) {
    EXPECT_FALSE(text.contains(word)) << word;
  }
}

TEST(DocumentsTest, EachIsOwnedByItsPolicy) {
  const json::Value owners =
      yaml("[{apiVersion: penstock.dev/v1alpha1, kind: OptimizationPolicy, name: chat, uid: u-1}]");
  for (const json::Value& made : {pod_template(placeholder()),
                                  capacity_buffer(placeholder(), "autoscaling.x-k8s.io/v1beta1", 2),
                                  placeholder_deployment(placeholder(), 2)}) {
    EXPECT_EQ(made["metadata"]["ownerReferences"], owners);
    EXPECT_EQ(made["metadata"]["name"], "chat-headroom");
    EXPECT_EQ(made["metadata"]["namespace"], "ns");
  }
}

TEST(DocumentsTest, ABufferIsOfTheVersionThatIsServed) {
  const json::Value buffer = capacity_buffer(placeholder(), "autoscaling.x-k8s.io/v1alpha1", 3);
  EXPECT_EQ(buffer["apiVersion"], "autoscaling.x-k8s.io/v1alpha1");
  EXPECT_EQ(buffer["spec"]["podTemplateRef"]["name"], "chat-headroom");
  EXPECT_EQ(buffer["spec"]["replicas"], 3);
}

TEST(DocumentsTest, PlaceholdersGiveWayAndAreNotTheTargets) {
  Placeholder of = placeholder();
  of.priority_class = "low";
  const json::Value made = placeholder_deployment(of, 2);
  const json::Value& pod = made["spec"]["template"];
  EXPECT_EQ(pod["spec"]["priorityClassName"], "low");
  EXPECT_EQ(pod["spec"]["terminationGracePeriodSeconds"], 0);
  EXPECT_EQ(made["spec"]["selector"]["matchLabels"],
            yaml("{penstock.dev/headroom: chat-headroom}"));
  EXPECT_EQ(pod["metadata"]["labels"]["penstock.dev/headroom"], "chat-headroom");
  EXPECT_EQ(pod["metadata"]["labels"].size(), 2U) << "none of the target's";
  EXPECT_EQ(pod["metadata"]["annotations"]["penstock.dev/inject"], "false");
  EXPECT_EQ(pod_template(of)["template"]["metadata"], pod["metadata"]);
}

TEST(DocumentsTest, NodesOfOneKindAndOfTheOther) {
  Placeholder on_spot = placeholder();
  on_spot.nodes.wanted = {{"capacity", "spot"}};
  EXPECT_EQ(headroom_pod(on_spot)["nodeSelector"], yaml("{pool: gpu, capacity: spot}"));
  Placeholder others = placeholder();
  others.nodes.avoided = {{"capacity", "spot"}};
  const json::Value expression = yaml("{key: capacity, operator: NotIn, values: [spot]}");
  const auto terms = [](const Placeholder& of) {
    return headroom_pod(of)["affinity"]["nodeAffinity"]
                           ["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
  };
  EXPECT_EQ(terms(others),
            json::Value::array({{{"matchExpressions", json::Value::array({expression})}}}));
  others.pod_spec["affinity"] = yaml(
      "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
      "[{matchExpressions: [{key: a, operator: Exists}]}, {matchExpressions: []}]}}}");
  for (const json::Value& term : terms(others)) {
    EXPECT_EQ(term["matchExpressions"].back(), expression) << "in every alternative";
  }
}

// A spot node is one with both labels: one that has only one of them is none.
TEST(DocumentsTest, NodesThatAreToBeAvoidedHaveAllOfTheLabels) {
  Placeholder others = placeholder();
  others.nodes.avoided = {{"capacity", "spot"}, {"owner", "pool"}};
  others.pod_spec["affinity"] = yaml(
      "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
      "[{matchExpressions: [{key: a, operator: Exists}]}]}}}");
  const json::Value spec = headroom_pod(others);
  const auto runs_on = [&spec](std::map<std::string, std::string> labels) {
    labels["pool"] = "gpu";
    return fits(spec, {labels, {}});
  };
  EXPECT_TRUE(runs_on({{"a", ""}, {"capacity", "spot"}}));
  EXPECT_TRUE(runs_on({{"a", ""}, {"owner", "pool"}}));
  EXPECT_FALSE(runs_on({{"a", ""}, {"capacity", "spot"}, {"owner", "pool"}}));
  EXPECT_FALSE(runs_on({{"owner", "pool"}})) << "the target's own choice holds";
}

TEST(DocumentsTest, LongNamesOfPoliciesStayDistinctAsLabels) {
  Placeholder of = placeholder();
  of.policy.name = std::string(80, 'a');
  EXPECT_EQ(of.label(), "u-1-headroom");
  of.policy.name = std::string(253, 'a');
  EXPECT_EQ(of.name().size(), 253U);
}

}  // namespace
}  // namespace penstock::capacity

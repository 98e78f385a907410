#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/reconcile/decide.h"
#include "operator/reconcile/own_workloads.h"
#include "tests/operator/reconcile/worlds.h"

// Pods that were a policy's, and run its sidecar yet.
namespace penstock::reconcile {
namespace {

// Of Deployment "before", whose pods the policy does not select any more.
Pod left_over(const std::string& name, const std::string& by = "p") {
  Pod one = pod(name, by, "older");
  one.owner_name = "before-5f6";
  one.meta.labels = {{"app", "before"}, {"pod-template-hash", "5f6"}};
  return one;
}

TEST(LeftOverPodsTest, AreToldAndShown) {
  World seen = world(policy("p", "{" + kSelector + ", interception: {rollout: Restart}}"));
  const std::string hash = decide(seen, kSettings).status.hash;
  const auto add_pod = [&](const std::string& name, const std::string& delivered,
                           const SidecarReport& report) {
    Pod one = left_over(name);
    one.delivered = delivered;
    add(seen, std::move(one));
    seen.reports["ns/" + name] = report;
  };
  add_pod("behind", "older", {.reachable = true, .hash = "older"});
  add_pod("lags", hash, {.reachable = true, .hash = "older"});
  add_pod("refuses", hash, {.reachable = true, .hash = "older", .refuses = true});
  add_pod("silent", hash, {});
  add_pod("runs-it", hash, {.reachable = true, .hash = hash});
  const Plan plan = decide(in_force(seen), kSettings);
  EXPECT_EQ(plan.tell, std::vector<std::string>{"behind"});
  EXPECT_EQ(plan.remind, std::vector<std::string>{"lags"});
  EXPECT_EQ(plan.status.pods, api::PodCountsStatus{}) << "they are not the policy's";
  EXPECT_EQ(condition(plan, "Programmed").message, "no selected pod carries the sidecar");
  EXPECT_EQ(state(plan, "Degraded"), "True NoLongerSelected");
  EXPECT_EQ(condition(plan, "Degraded").message,
            "pods that the policy does not select any more, or that an older one keeps, still run "
            "it: behind, lags, refuses, silent, runs-it; kubectl -n ns rollout restart "
            "deployment/before");
  EXPECT_TRUE(plan.evict.empty()) << "nor its to replace";
}

TEST(LeftOverPodsTest, AreThoseThatOptedOutOrThatAnOlderPolicyHas) {
  World seen = world(policy("p", "{" + kSelector + "}", "2026-01-02T00:00:00Z"));
  Pod opted = pod("opted", "p", "older");
  opted.opted_out = true;
  add(seen, std::move(opted));
  const Plan alone = decide(seen, kSettings);
  EXPECT_EQ(state(alone, "Degraded"), "True NoLongerSelected");
  EXPECT_EQ(alone.tell, std::vector<std::string>{"opted"});

  seen.pods.clear();
  seen.others = {policy("older", "{" + kSelector + "}")};
  add(seen, pod("taken", "p", "older"));
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(plan.tell, std::vector<std::string>{"taken"});
  EXPECT_EQ(state(plan, "Degraded"), "True Conflicted");
  EXPECT_TRUE(condition(plan, "Degraded").message.starts_with("(also NoLongerSelected) "));
}

// Of a policy that selects other pods now: what it says of a Deployment or StatefulSet of `spec`,
// which it has selected before.
std::string advice_on(const std::string& kind, const std::string& spec) {
  const json::Value object =
      yaml("{metadata: {name: before, namespace: ns}, spec: {" + spec +
           ", template: {metadata: {labels: {app: before}}, spec: {containers: [{name: odd, image: "
           "mine}]}}}}");
  World seen = world(policy("p", "{" + kSelector + "}"));
  Pod one = left_over("a");
  one.owner_kind = kind == "Deployment" ? "ReplicaSet" : kind;
  one.owner_name = kind == "Deployment" ? "before-5f6" : "before";
  add(seen, std::move(one));
  add_workloads({std::make_shared<const Workload>(kind == "Deployment"
                                                      ? controllers::read_deployment(object)
                                                      : controllers::read_stateful_set(object))},
                seen);
  EXPECT_EQ(seen.workloads.size(), 1U) << "its shape is nothing to the policy";
  const std::string message = condition(decide(in_force(seen), kSettings), "Degraded").message;
  return message.substr(message.rfind("kubectl -n ns ") + 14);
}

TEST(LeftOverPodsTest, WhoseRolloutWaitsForPeopleAreToBeDeleted) {
  EXPECT_EQ(advice_on("Deployment", "paused: false"), "rollout restart deployment/before");
  EXPECT_EQ(advice_on("Deployment", "paused: true"), "delete pod a");
  EXPECT_EQ(advice_on("StatefulSet", "replicas: 1"), "rollout restart statefulset/before");
  EXPECT_EQ(advice_on("StatefulSet", "updateStrategy: {type: OnDelete}"), "delete pod a");
  EXPECT_EQ(advice_on("StatefulSet", "updateStrategy: {rollingUpdate: {partition: 1}}"),
            "delete pod a");
}

TEST(LeftOverPodsTest, AreOfWorkloadsThatAreKeptOnlyForThem) {
  const auto deployment = [](const std::string& name, const std::string& label) {
    return std::make_shared<const Workload>(
        controllers::read_deployment(yaml("{metadata: {name: " + name +
                                          ", namespace: ns}, spec: {template: {metadata: {labels: "
                                          "{app: " +
                                          label + "}}}}}")));
  };
  World seen = world(policy("p", "{" + kSelector + "}"));
  seen.workloads.clear();
  add(seen, left_over("a"));
  Pod theirs = left_over("b", "q");
  theirs.owner_name = "theirs-5f6";
  add(seen, std::move(theirs));
  const auto taken = deployment("taken", "llm");
  const auto before = deployment("before", "before");
  add_workloads({before, deployment("theirs", "before"), taken}, seen);
  EXPECT_EQ(seen.workloads, std::vector<Ptr<Workload>>{taken});
  EXPECT_EQ(seen.left_over, std::vector<Ptr<Workload>>{before});
}

TEST(LeftOverPodsTest, AreNoneThatGoOrCarryNothingOfThePolicy) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  Pod finished = left_over("finished");
  finished.finished = true;
  Pod deleting = left_over("deleting");
  deleting.meta.deleting = true;
  for (const Pod& one : {finished, deleting, left_over("plain", ""), left_over("theirs", "q")}) {
    add(seen, one);
  }
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected");
  EXPECT_TRUE(plan.tell.empty());
}

}  // namespace
}  // namespace penstock::reconcile

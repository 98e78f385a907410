#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

// What becomes of the injection that is there once none can be chosen any more.
namespace penstock::reconcile {
namespace {

const std::string kCreated = "2026-01-01T00:00:00Z";
// Its script does not say its port, so it cannot be moved.
const std::string kScript =
    "[{name: vllm, image: vllm/vllm-openai, command: [sh, -c], args: [exec vllm serve m], ports: "
    "[{name: http, containerPort: 8000}]}]";
const std::string kClient = "[{name: c, image: client, env: [{name: OPENAI_API_KEY, value: k}]}]";

std::string vllm(const std::string& args) {
  return "[{name: vllm, image: vllm/vllm-openai, args: [--port, \"8000\", " + args + "]}]";
}

std::string interception(const std::string& text) {
  return kSelector + ", interception: {" + text + "}";
}

// A policy whose injection for `workloads` stands in its status.
World injected(const std::string& spec, std::vector<Ptr<Workload>> workloads,
               const std::string& pod_security = "") {
  World seen = world(policy("p", "{" + spec + "}"));
  seen.workloads = std::move(workloads);
  seen.pod_security = pod_security;
  seen = in_force(seen);
  EXPECT_TRUE(seen.policy->status.contains("injection")) << spec;
  return seen;
}

World edited(World seen, const std::string& spec) {
  seen.policy = policy("p", "{" + spec + "}", kCreated, seen.policy->status);
  return seen;
}

// It would break their new pods, or keep them from being made: they come up plain, and are counted.
void expect_ended(const World& seen, const std::string& reason) {
  SCOPED_TRACE(reason);
  const Plan plan = decide(seen, kSettings);
  EXPECT_FALSE(plan.status.injection);
  EXPECT_EQ(state(plan, "Injected"), "False " + reason);
  EXPECT_FALSE(plan.status.hash.empty()) << "pods that run go on";
  EXPECT_EQ(json::write(decide(after(seen, plan), kSettings).status), json::write(plan.status))
      << "as long as nothing changes";
}

void expect_kept(const World& seen, const std::string& reason) {
  SCOPED_TRACE(reason);
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.status.injection);
  EXPECT_EQ(json::write(*plan.status.injection), seen.policy->status["injection"]);
  EXPECT_EQ(state(plan, "Degraded"), "True " + reason);
  EXPECT_TRUE(condition(plan, "Degraded").message.contains("new pods are made as before"));
}

TEST(StillFitsTest, AWorkloadThatBecameAnotherEndsIt) {
  struct Row {
    std::string containers;
    std::string reason;
  };
  World seen = injected(kSelector, {workload("engine", kVllm)});
  for (const Row& row :
       {Row{vllm("--ssl-keyfile, /key"), "EngineTls"},
        Row{vllm("--host, 10.0.0.1"), "EngineAddress"},
        Row{"[{name: other, image: mine, args: [serve]}]", "EngineNotFound"},
        Row{vllm("--x]}, {name: b, image: b, ports: [{containerPort: 15820}"), "PortTaken"},
        Row{kScript, "PortUnread"}}) {
    seen.workloads = {workload("engine", row.containers)};
    expect_ended(seen, row.reason);
  }
  World clients = injected(kSelector, {workload("app", kClient)});
  clients.workloads = {
      workload("app",
               "[{name: c, image: client, envFrom: [{secretRef: {name: s}}], env: [{name: "
               "OPENAI_API_KEY, value: k}]}]")};
  expect_ended(clients, "EnvFrom");
}

TEST(StillFitsTest, PodsThatRunMakeItsEndKnown) {
  World seen = injected(kSelector, {workload("engine", kVllm)});
  const std::string hash = seen.policy->status["injection"]["hash"];
  seen.workloads = {workload("engine", vllm("--ssl-keyfile, /key"))};
  EXPECT_EQ(state(decide(seen, kSettings), "Degraded"), "False AsExpected") << "there are none";
  add(seen, pod("a", "p", hash));
  add(seen, pod("plain"));
  seen = after(seen, decide(seen, kSettings));
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(plan.status.pods.selected, 2);
  EXPECT_EQ(plan.status.pods.injected, 1);
  EXPECT_EQ(state(plan, "Degraded"), "True EngineTls");
  EXPECT_TRUE(condition(plan, "Degraded").message.contains("new ones come up without the sidecar"));
  EXPECT_TRUE(plan.evict.empty());
}

// Admission does not ask whose a pod is, so it would rewrite the other's pods, too.
TEST(StillFitsTest, AnotherWorkloadOfAnotherShapeEndsIt) {
  const Ptr<Workload> engine = workload("engine", kVllm);
  World seen = injected(kSelector, {engine});
  seen.workloads = {engine, workload("other", "[{name: vllm, image: vllm, args: [--port=9000]}]")};
  expect_ended(seen, "SeveralShapes");
  seen.workloads = {engine, workload("other", "[{name: x, image: mine, args: [serve]}]")};
  expect_ended(seen, "EngineNotFound");

  const World before = seen;
  seen = after(seen, decide(seen, kSettings));
  seen.workloads = {engine};
  EXPECT_EQ(json::write(decide(seen, kSettings).status)["injection"],
            before.policy->status["injection"])
      << "once that is gone";
}

TEST(StillFitsTest, ANamespaceThatForbidsARedirectEndsIt) {
  World seen = injected(interception("mode: Redirect"), {workload("engine", kVllm)}, "privileged");
  for (const char* level : {"baseline", "restricted"}) {
    seen.pod_security = level;
    expect_ended(seen, "PodSecurity");
  }
  World by_itself = injected(kSelector, {workload("engine", kScript)}, "privileged");
  by_itself.pod_security = "";
  expect_kept(by_itself, "PortUnread");  // that the level is not known any more forbids nothing
  by_itself.pod_security = "baseline";
  expect_ended(by_itself, "PortUnread");
}

// Somebody may be about to make it anew.
TEST(StillFitsTest, AServiceThatIsGoneEndsNothing) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  seen.workloads = {workload("engine", kScript)};
  seen.services = {service("llm", "http")};
  seen = in_force(seen);
  ASSERT_EQ(seen.policy->status["interception"], "NamedPort");
  seen.services.clear();
  expect_kept(seen, "PortUnread");
  seen.services = {service("llm", "8000")};
  expect_kept(seen, "PortUnread");
  seen.workloads = {workload("engine",
                             "[{name: vllm, image: vllm/vllm-openai, command: [sh, -c], "
                             "args: [exec vllm serve m], ports: [{containerPort: 8000}]}]")};
  expect_ended(seen, "PortUnread");
}

// Pods that are as they were come up as well as they did.
TEST(StillFitsTest, AnEditOfThePolicyAloneEndsNothing) {
  const World seen = injected(kSelector, {workload("engine", kVllm)});
  expect_kept(edited(seen, interception("engine: {port: 9000}")), "PortUnread");
  expect_kept(edited(seen, interception("engine: {container: none}")), "EngineNotFound");
  expect_kept(edited(seen, interception("mode: NamedPort")), "ServiceByNumber");
  World other = edited(seen, "selector: {matchLabels: {app: other}}");
  Workload misfit = *workload("other", "[{name: x, image: mine, args: [serve]}]");
  misfit.pods.labels = {{"app", "other"}};
  other.workloads.push_back(std::make_shared<const Workload>(misfit));
  expect_kept(other, "EngineNotFound");  // of the pods that it is for, none is such
}

TEST(StillFitsTest, APodThatNothingMakesAnewEndsNothing) {
  World seen = injected(kSelector, {workload("engine", kVllm)});
  Pod bare = pod("bare");
  bare.owner_kind = "";
  bare.owner_name = "";
  bare.shape = std::make_shared<const PodTemplate>(
      workload("x", "[{name: x, image: mine, args: [serve]}]")->pods);
  add(seen, std::move(bare));
  expect_kept(seen, "EngineNotFound");
}

}  // namespace
}  // namespace penstock::reconcile

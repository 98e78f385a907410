#include "operator/reconcile/own_workloads.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "operator/reconcile/interception.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

constexpr const char* kYounger = "2026-01-02T00:00:00Z";
const std::string kSglang = "[{name: sglang, image: lmsysorg/sglang, args: [m]}]";
const std::string kAt9000 = "[{name: vllm, image: vllm/vllm-openai, args: [--port, \"9000\"]}]";
const std::string kUnknown = "[{name: app, image: mine}]";

// A Deployment whose pods have these labels and annotations, flow YAML.
Ptr<Workload> made(const std::string& name, const std::string& labels,
                   const std::string& containers, const std::string& annotations = "{}") {
  return std::make_shared<const Workload>(controllers::read_deployment(yaml(
      "{metadata: {name: " + name + ", namespace: ns}, spec: {template: {metadata: {labels: " +
      labels + ", annotations: " + annotations + "}, spec: {containers: " + containers + "}}}}")));
}

Ptr<PodTemplate> shape(const std::string& containers) {
  return std::make_shared<const PodTemplate>(
      controllers::read_template(yaml("{spec: {containers: " + containers + "}}")));
}

// A pod of an owner that is not read, or of none.
Pod of(const std::string& kind, const std::string& name, Ptr<PodTemplate> is) {
  Pod result = pod(name);
  result.owner_kind = kind;
  result.owner_name = kind.empty() ? "" : "owner";
  result.shape = std::move(is);
  return result;
}

// "PortSwap 8000", or the reason and the message.
std::string chosen(const World& seen) {
  const InterceptionFinding finding = choose_interception(seen, kSettings);
  if (!finding.choice) {
    return finding.reason + ": " + finding.message;
  }
  return std::string(json::name_of(finding.choice->mode)) + " " +
         (finding.choice->ports ? std::to_string(finding.choice->ports->from) : "");
}

TEST(OwnWorkloadsTest, OnlyThoseWhosePodsThePolicyGetsDecideTheShape) {
  const auto engine = workload("engine", kVllm);
  const auto opting = [](const std::string& value) {
    return made("odd", "{app: llm}", kUnknown, "{penstock.dev/inject: \"" + value + "\"}");
  };
  const auto host = workload("host", kUnknown, ", hostNetwork: true");
  const auto of_both = made("x", "{app: llm, team: a}", kVllm);
  const auto of_one = made("y", "{team: a}", kSglang);
  const std::string team = "{selector: {matchLabels: {team: a}}}";
  const std::string llm = "{" + kSelector + "}";
  const json::Value moved =
      yaml("{injection: {hash: abc, selector: {matchLabels: {app: other}}, container: {}}}");
  struct Row {
    std::string name;
    Ptr<Policy> policy;
    std::vector<Ptr<Policy>> others;
    std::vector<Ptr<Workload>> workloads;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"one opts out", policy("p", llm), {}, {engine, opting("false")}, "PortSwap 8000"},
      {"in no other spelling, as admission has it",
       policy("p", llm),
       {},
       {engine, opting("False")},
       "EngineNotFound: Deployment odd: "},
      {"all opt out",
       policy("p", llm),
       {},
       {opting("false")},
       "NoWorkload: what carries the selected labels gets no sidecar from this policy: Deployment "
       "odd (annotation penstock.dev/inject: \"false\"); "},
      {"one is of the host's network", policy("p", llm), {}, {host, engine}, "PortSwap 8000"},
      {"a known port is taken at its word whoever is left out",
       policy("p", "{" + kSelector + ", interception: {engine: {port: 7000, env: PORT}}}"),
       {},
       {opting("false")},
       "PortSwap 7000"},
      {"an older policy has one",
       policy("younger", team, kYounger),
       {policy("older", llm)},
       {of_both, of_one},
       "PortSwap 30000"},
      {"the older one decides by its own",
       policy("older", llm),
       {policy("younger", team, kYounger)},
       {of_both, of_one},
       "PortSwap 8000"},
      {"an older one that was never good has none",
       policy("younger", team, kYounger),
       {policy("older", "{selector: {}}")},
       {of_both, of_one},
       "SeveralShapes: "},
      {"it has what admission selects for it",
       policy("younger", team, kYounger),
       {policy("older", llm, "2026-01-01T00:00:00Z", moved)},
       {of_both, of_one},
       "SeveralShapes: "},
      {"an older policy has all",
       policy("younger", team, kYounger),
       {policy("older", llm)},
       {of_both},
       "Conflicted: what carries the selected labels gets no sidecar from this policy: Deployment "
       "x (OptimizationPolicy older, which is older); "},
      {"what was selected by the version before",
       policy("p", team),
       {},
       {engine, of_one},
       "PortSwap 30000"},
  };
  for (const Row& row : rows) {
    World seen = world(row.policy);
    seen.others = row.others;
    seen.workloads = row.workloads;
    const std::string found = chosen(seen);
    EXPECT_EQ(found.substr(0, row.expected.size()), row.expected) << row.name;
  }
}

TEST(OwnWorkloadsTest, PodsTellWhatOwnersMakeThatAreNotRead) {
  const auto vllm = shape(kVllm);
  const auto other = shape(kSglang);
  const auto finished = [](Pod one) {
    one.finished = true;
    return one;
  };
  Pod deleting = of("Job", "d", other);
  deleting.meta.deleting = true;
  Pod elsewhere = of("Job", "e", other);
  elsewhere.meta.labels = {{"app", "other"}};
  struct Row {
    std::string name;
    std::vector<Pod> pods;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"of a DaemonSet", {of("DaemonSet", "a", vllm), of("DaemonSet", "b", vllm)}, "PortSwap 8000"},
      {"of a RayCluster, whose groups differ",
       {of("RayCluster", "a", vllm), of("RayCluster", "b", other)},
       "SeveralShapes: RayCluster owner and RayCluster owner "},
      {"of none", {of("", "a", vllm)}, "PortSwap 8000"},
      {"what has ended, where nothing runs", {finished(of("Job", "a", vllm))}, "PortSwap 8000"},
      {"what runs goes before what has ended",
       {finished(of("Job", "a", other)), of("Job", "b", vllm)},
       "PortSwap 8000"},
      {"what runs once has no say beside what lasts",
       {of("Job", "a", other), of("DaemonSet", "b", vllm)},
       "PortSwap 8000"},
      {"not what goes, nor what is not selected",
       {deleting, elsewhere, of("Job", "b", vllm)},
       "PortSwap 8000"},
      {"of what nobody reads",
       {of("ReplicaSet", "a", nullptr)},
       "WorkloadNotRead: pods of ReplicaSet owner are selected, and nothing that is read tells "
       "what their owner makes; set spec.interception.mode, and engine.port"},
      {"another policy's", {pod("a", "gone", "older")}, "WorkloadNotRead: pods of ReplicaSet "},
      {"this one's, whose status is gone",
       {pod("a", "p", "older")},
       "WorkloadNotRead: the selected pods carry the sidecar already, "},
      {"none", {deleting, elsewhere}, "NoWorkload: "},
  };
  for (const Row& row : rows) {
    World seen = world(policy("p", "{" + kSelector + "}"));
    seen.workloads.clear();
    for (const Pod& one : row.pods) {
      add(seen, one);
    }
    const std::string found = chosen(seen);
    EXPECT_EQ(found.substr(0, row.expected.size()), row.expected) << row.name;
  }
}

TEST(OwnWorkloadsTest, PodsThatAreAlikeAreOne) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const auto vllm = shape(kVllm);
  for (int i = 0; i < 100; ++i) {
    add(seen, of("DaemonSet", "d" + std::to_string(i), vllm));
    add(seen, of("", "bare" + std::to_string(i), vllm));
  }
  EXPECT_EQ(own_workloads(seen).workloads.size(), 3U) << "with the Deployment";
}

// Once all pods carry the sidecar none shows what it was; what they were given goes on.
TEST(OwnWorkloadsTest, WhatPodsCarryGoesOn) {
  const std::string client = "[{name: app, env: [{name: OPENAI_BASE_URL, value: 'http://gw/v1'}]}]";
  const std::string odd = "[{name: e, image: mine, ports: [{name: http, containerPort: 7000}]}]";
  struct Row {
    std::string name;
    std::string before;  // interception of the policy
    std::string containers;
    std::string after;
    bool goes_on;
  };
  const std::vector<Row> rows = {
      {"PortSwap", "{}", kVllm, "{}", true},
      {"in words", "{}", kVllm, "{mode: PortSwap, engine: {port: 8000, flag: --port}}", true},
      {"another port", "{}", kVllm, "{engine: {port: 9000}}", false},
      {"another mode", "{}", kVllm, "{mode: NamedPort}", false},
      {"NamedPort", "{mode: NamedPort}", odd, "{}", true},
      {"NamedPort and a flag", "{mode: NamedPort, engine: {port: 7000, flag: --port}}", odd,
       "{mode: NamedPort, engine: {port: 7000, flag: --port}}", true},
      {"Redirect", "{mode: Redirect}", odd, "{mode: Redirect, engine: {port: 7000}}", true},
      {"another port led", "{mode: Redirect}", odd, "{mode: Redirect, engine: {port: 1}}", false},
      {"Environment", "{}", client, "{}", true},
      {"other clients", "{}", client, "{environment: {override: true}}", false},
  };
  const auto spec = [](const std::string& interception) {
    return "{" + kSelector + ", interception: " + interception + "}";
  };
  for (const Row& row : rows) {
    World seen = world(policy("p", spec(row.before)));
    seen.workloads.clear();
    seen.services = {service("s", "http")};
    seen.pod_security = "privileged";
    add(seen, of("DaemonSet", "a", shape(row.containers)));
    const Plan first = decide(seen, kSettings);
    ASSERT_TRUE(first.status.injection) << row.name << condition(first, "Injected").message;

    seen.policy = policy("p", spec(row.after), kYounger, json::write(first.status));
    seen.pods.clear();
    add(seen, pod("a", "p", first.status.injection->hash));
    const Plan second = decide(seen, kSettings);
    EXPECT_EQ(second.status.injection->hash, first.status.injection->hash) << row.name;
    const std::string reason = condition(second, "Degraded").reason;
    EXPECT_EQ(reason, row.goes_on ? "AsExpected" : "WorkloadNotRead") << row.name;
    if (row.goes_on) {
      Settings newer = kSettings;
      newer.sidecar_image = "sidecar:2";
      EXPECT_NE(decide(seen, newer).status.injection->hash, first.status.injection->hash)
          << row.name << ": a new release reaches it";
    }
  }
}

// A world in which all pods of a DaemonSet carry the sidecar, since kVllm was what they were.
World carrying() {
  World seen = world(policy("p", "{" + kSelector + "}"));
  seen.workloads.clear();
  add(seen, of("DaemonSet", "a", shape(kVllm)));
  const Plan first = decide(seen, kSettings);
  seen.policy = policy("p", "{" + kSelector + "}", kYounger, json::write(first.status));
  seen.pods.clear();
  Pod carrier = pod("a", "p", first.status.injection->hash);
  carrier.owner_kind = "DaemonSet";
  carrier.owner_name = "owner";
  add(seen, std::move(carrier));
  return seen;
}

TEST(OwnWorkloadsTest, WhatLastingPodsCarryGoesBeforeWhatRunsOnce) {
  World seen = carrying();
  Pod done = of("Job", "done", shape(kAt9000));
  done.finished = true;
  add(seen, std::move(done));
  EXPECT_EQ(chosen(seen), "PortSwap 8000");
  add(seen, of("Job", "runs", shape(kAt9000)));
  EXPECT_EQ(chosen(seen), "PortSwap 8000");
}

TEST(OwnWorkloadsTest, AnotherWorkloadIsHeldAgainstWhatPodsCarry) {
  World seen = carrying();
  seen.workloads = {workload("alike", kVllm)};
  EXPECT_EQ(chosen(seen), "PortSwap 8000");
  seen.workloads = {
      workload("elsewhere",
               "[{name: vllm, image: vllm/vllm-openai, args: [--port, \"8000\"], ports: [{name: "
               "http, containerPort: 8000}, {containerPort: 18000}]}]")};
  EXPECT_EQ(chosen(seen), "PortSwap 8000")
      << "its engine goes to another port, as is its own matter";
  seen.workloads = {workload("engine", kAt9000)};
  EXPECT_TRUE(chosen(seen).starts_with("SeveralShapes: deployment/engine and daemonset/owner, "))
      << chosen(seen);
  seen.workloads.clear();
  add(seen, of("DaemonSet", "new", shape(kAt9000)));
  EXPECT_EQ(chosen(seen), "PortSwap 9000") << "its owner's newer pods tell of it";
}

TEST(OwnWorkloadsTest, WhatNamesAnotherPortOfTheSidecarDoesNotGoOn) {
  World seen = world(policy("p", "{" + kSelector + ", interception: {mode: NamedPort}}"));
  seen.services = {service("s", "http")};
  const Plan first = decide(seen, kSettings);
  ASSERT_TRUE(first.status.injection);
  seen.policy = policy("p", "{" + kSelector + ", interception: {mode: NamedPort}}", kYounger,
                       json::write(first.status));
  seen.workloads.clear();
  add(seen, pod("a", "p", first.status.injection->hash));
  EXPECT_EQ(condition(decide(seen, kSettings), "Degraded").reason, "AsExpected");
  Settings other = kSettings;
  other.bind_port = 15'002;
  EXPECT_EQ(condition(decide(seen, other), "Degraded").reason, "WorkloadNotRead");
}

}  // namespace
}  // namespace penstock::reconcile

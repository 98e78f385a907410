#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

// Versions that resolve and that every injected sidecar would refuse: they are not delivered, since
// pods that start later would have nothing else.
namespace penstock::reconcile {
namespace {

const std::string kRouted = ", routing: {tableRef: {name: t}}";
const std::string kClient = "[{name: app, image: app, env: [{name: OPENAI_API_KEY}]}]";

Ptr<Document> table_with_credentials() {
  return table("t",
               "{backends: [{name: fallback, url: \"https://a\", dialect: OpenAI, credentials: "
               "{secretRef: {name: api, key: token}}}]}");
}

World routed(const std::string& more, const std::vector<Ptr<Workload>>& workloads) {
  World seen = world(policy("p", "{" + kSelector + kRouted + more + "}"));
  seen.tables = {table_with_credentials()};
  seen.workloads = workloads;
  return seen;
}

std::string resolved(const World& seen) {
  return state(decide(seen, kSettings), "ResolvedRefs");
}

TEST(RefusedVersionsTest, CredentialsThatAnybodyCouldSpendKeepTheLastGoodVersion) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan good = decide(seen, kSettings);
  seen = after(seen, good);
  seen.config_hash = good.status.hash;
  seen.policy = policy("p", "{" + kSelector + kRouted + "}", "2026-01-01T00:00:00Z",
                       json::write(good.status));
  seen.tables = {table_with_credentials()};
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Accepted"), "True Accepted");
  EXPECT_EQ(state(plan, "ResolvedRefs"), "False NotResolved");
  EXPECT_EQ(state(plan, "Degraded"), "True NotResolved");
  const std::string message = condition(plan, "ResolvedRefs").message;
  EXPECT_TRUE(
      message.contains("OptimizationPolicy ns/p: spec.listener is open to anyone: backend "
                       "fallback has credentials of its own"))
      << message;
  EXPECT_TRUE(message.contains("set listener.authentication.keysRef")) << message;
  EXPECT_FALSE(message.contains("nothing tells yet")) << message;
  EXPECT_FALSE(plan.config);
  EXPECT_EQ(plan.status.hash, good.status.hash);
  EXPECT_EQ(plan.status.injection->hash, good.status.injection->hash);
}

TEST(RefusedVersionsTest, CredentialsAreGoodWhereClientsShowThatTheyMay) {
  const std::vector<Ptr<Workload>> engine = {workload("engine", kVllm)};
  for (const char* listener :
       {"{authentication: {keysRef: {name: keys, key: users}}}",
        "{authentication: {allowAnonymous: true}}",
        "{tls: {certificateRef: {name: c}, clientCARef: {name: ca, key: ca.crt}}}"}) {
    EXPECT_EQ(resolved(routed(", listener: " + std::string(listener), engine)), "True Resolved")
        << listener;
  }
}

// Whose sidecars listen on loopback.
TEST(RefusedVersionsTest, CredentialsAreGoodOfClients) {
  const auto client = workload("client", kClient);
  EXPECT_EQ(resolved(routed("", {client})), "True Resolved");
  EXPECT_EQ(resolved(routed(", interception: {mode: Environment}", {})), "True Resolved")
      << "before there are any";
  World gone = in_force(routed("", {client}));
  ASSERT_EQ(gone.policy->status["interception"], "Environment");
  gone.workloads = {workload("client",
                             "[{name: app, image: app, envFrom: [{secretRef: {name: s}}],"
                             " env: [{name: OPENAI_API_KEY}]}]")};
  EXPECT_EQ(resolved(gone), "True Resolved") << "new pods are made as before";
}

TEST(RefusedVersionsTest, WhereNothingTellsWhatThePodsAreTheyMayBeAnEngines) {
  const Plan plan = decide(routed("", {}), kSettings);
  EXPECT_EQ(state(plan, "ResolvedRefs"), "False NotResolved");
  EXPECT_TRUE(
      condition(plan, "ResolvedRefs").message.ends_with("set interception.mode: Environment"))
      << condition(plan, "ResolvedRefs").message;
  EXPECT_FALSE(plan.config);
  const Plan told = decide(routed(", interception: {mode: NamedPort}", {}), kSettings);
  EXPECT_EQ(state(told, "ResolvedRefs"), "False NotResolved");
  EXPECT_FALSE(condition(told, "ResolvedRefs").message.contains("mode: Environment"));
}

TEST(RefusedVersionsTest, FilesOfPricesAreInNoPod) {
  for (const std::string& containers : {kVllm, kClient}) {
    World seen = routed("", {workload("w", containers)});
    seen.tables = {table("t",
                         "{backends: [{name: a, url: \"https://a\", dialect: OpenAI}], priceFiles: "
                         "[{format: LiteLLM, path: /prices.json}]}")};
    const Plan plan = decide(seen, kSettings);
    EXPECT_EQ(state(plan, "ResolvedRefs"), "False NotResolved");
    const std::string message = condition(plan, "ResolvedRefs").message;
    EXPECT_TRUE(message.contains("RoutingTable ns/t: spec.priceFiles are for a stand-alone"))
        << message;
    EXPECT_TRUE(message.ends_with("give prices in spec.backends[].models[].price")) << message;
    EXPECT_FALSE(plan.config);
  }
  World seen = routed("", {workload("w", kClient)});
  seen.tables.push_back(
      table("other",
            "{backends: [{name: a, url: \"https://a\", dialect: OpenAI}], priceFiles: [{format: "
            "LiteLLM, path: /prices.json}]}"));
  EXPECT_EQ(resolved(seen), "True Resolved") << "of a table that it does not use";
}

}  // namespace
}  // namespace penstock::reconcile

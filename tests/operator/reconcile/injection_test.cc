#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

// What admission puts into pods: the container, its volumes and resources.
namespace penstock::reconcile {
namespace {

TEST(InjectionTest, HoldsWhatRestrictedPodSecurityAsksForAndEverySecret) {
  World seen = world(policy("p", "{" + kSelector +
                                     ", routing: {tableRef: {name: t}}, listener: "
                                     "{authentication: {allowAnonymous: true}}}"));
  seen.tables = {table("t",
                       "{backends: [{name: a, url: \"https://a\", dialect: OpenAI, credentials: "
                       "{secretRef: {name: s, key: k}}, tls: {caRef: {name: ca, key: ca.crt}}}]}")};
  Settings settings = kSettings;
  settings.image_pull_secrets = {"registry"};
  const Plan plan = decide(seen, settings);
  ASSERT_TRUE(plan.status.injection);
  ASSERT_EQ(plan.status.injection->pull_secrets.size(), 1U);
  EXPECT_EQ(plan.status.injection->pull_secrets[0].name, "registry");
  const json::Value& container = plan.status.injection->container;
  EXPECT_EQ(container["restartPolicy"], "Always");
  EXPECT_EQ(container["readinessProbe"]["httpGet"]["path"], "/readyz");
  EXPECT_EQ(container["lifecycle"]["postStart"]["exec"]["command"][1], "wait");
  EXPECT_EQ(container["volumeMounts"].back()["mountPath"],
            "/var/run/secrets/kubernetes.io/serviceaccount")
      << "an empty one lies over the token";
  EXPECT_FALSE(container.contains("startupProbe")) << "it costs a second more than the hook";
  const json::Value& security = container["securityContext"];
  EXPECT_EQ(security["runAsNonRoot"], true);
  EXPECT_EQ(security["readOnlyRootFilesystem"], true);
  EXPECT_EQ(security["capabilities"]["drop"], json::Value::array({"ALL"}));
  EXPECT_EQ(security["seccompProfile"]["type"], "RuntimeDefault");
  EXPECT_FALSE(container["resources"]["limits"].contains("cpu"))
      << "pods that are Guaranteed get others";
  std::vector<std::string> paths;
  for (const json::Value& source : plan.status.injection->volumes.at(1)["projected"]["sources"]) {
    EXPECT_EQ(source["secret"]["optional"], true);
    paths.push_back(source["secret"]["items"][0]["path"]);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"ca/ca.crt", "s/k"}));
}

TEST(InjectionTest, VolumesAreNoLocalStorageWhichWouldKeepANodeFromBeingDrained) {
  const Plan plan = decide(world(policy("p", "{" + kSelector + "}")), kSettings);
  ASSERT_TRUE(plan.status.injection);
  ASSERT_EQ(plan.status.injection->volumes.size(), 3U);
  for (const json::Value& volume : plan.status.injection->volumes) {
    EXPECT_TRUE(volume.contains("configMap") || volume.contains("downwardAPI")) << volume.dump();
  }
}

TEST(InjectionTest, SaysWhoMadeThePodWithoutMakingOthersOutdated) {
  const World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(plan.status.injection->annotations.at("penstock.dev/version"), "1.0");
  Settings later = kSettings;
  later.version = "1.1";
  EXPECT_EQ(decide(seen, later).status.injection->hash, plan.status.injection->hash);
}

TEST(InjectionTest, RedirectLeavesTheEngineAndAddsAnInitContainer) {
  World seen = world(policy("p", "{" + kSelector + ", interception: {mode: Redirect}}"));
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.status.injection);
  const api::InjectionStatus& injection = *plan.status.injection;
  EXPECT_FALSE(injection.port_swap);
  EXPECT_EQ(injection.engine_container, "vllm");
  EXPECT_EQ(injection.redirect["command"],
            json::Value::array(
                {"/penstock-redirect", "--port", "8000", "--to", "15801", "--probes", "18000"}));
  EXPECT_EQ(injection.probe_move, (api::ProbeMoveStatus{.from = 8000, .to = 18000}));
  EXPECT_FALSE(injection.redirect["resources"]["limits"].contains("cpu"));
  EXPECT_EQ(injection.redirect["securityContext"]["capabilities"]["add"],
            json::Value::array({"NET_ADMIN"}));
  const std::vector<std::string> args = injection.container["args"];
  EXPECT_NE(std::ranges::find(args, ":15801"), args.end());
  EXPECT_EQ(*(std::ranges::find(args, "--engine-port") + 1), "8000");
  EXPECT_FALSE(injection.engine_pre_stop.is_null()) << "it waits for the drain as ever";
}

TEST(InjectionTest, MemoryIsWhatCachesAndBodiesTake) {
  World seen = world(policy(
      "p",
      "{" + kSelector +
          ", caching: {tiers: [{ref: {name: m}}]}, listener: {limits: {collectedTotal: 64Mi}}}"));
  seen.tiers = {std::make_shared<const Document>(controllers::read_tier(
      yaml("{metadata: {name: m, namespace: ns}, spec: {type: Memory, memory: {size: 512Mi}}}")))};
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.status.injection);
  const json::Value& resources = plan.status.injection->container["resources"];
  EXPECT_EQ(resources["requests"]["memory"], "864Mi") << "96 for itself, 512 and a half of it";
  EXPECT_EQ(resources["limits"]["memory"], "928Mi");
}

TEST(InjectionTest, ThereAreResourcesForGuaranteedPodsAndAnEnginesOwnHookIsTold) {
  World seen = world(policy("p", "{" + kSelector + ", interception: {grace: 90500ms}}"));
  seen.workloads = {
      workload("a",
               "[{name: v, image: vllm, args: [m], lifecycle: {preStop: {exec: {command: [x]}}}, "
               "resources: {limits: {cpu: 1, memory: 1Gi}}}]")};
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.status.injection);
  const json::Value& resources = plan.status.injection->guaranteed_resources;
  EXPECT_EQ(resources["limits"], resources["requests"]);
  EXPECT_EQ(resources["limits"]["memory"],
            plan.status.injection->container["resources"]["limits"]["memory"]);
  EXPECT_EQ(resources["limits"]["cpu"],
            plan.status.injection->container["resources"]["requests"]["cpu"]);
  EXPECT_FALSE(plan.status.injection->engine_pre_stop.is_null())
      << "for other pods of the policy; admission leaves a hook alone that is there";
  EXPECT_EQ(plan.status.injection->grace, 91);
  add(seen, pod("a", "p", plan.status.injection->hash));
  const std::string message = condition(decide(seen, kSettings), "Injected").message;
  EXPECT_TRUE(message.contains("keeps its own preStop hook")) << message;
}

}  // namespace
}  // namespace penstock::reconcile

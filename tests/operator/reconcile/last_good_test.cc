#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

// What holds while a policy is not good: its sidecars run what was delivered last.
namespace penstock::reconcile {
namespace {

const std::string kCreated = "2026-01-01T00:00:00Z";
const std::string kRouted = kSelector + ", routing: {tableRef: {name: t}}";

// A policy that was written, whose table is there yet.
World good(const std::string& spec = kRouted) {
  World seen = world(policy("p", "{" + spec + "}"));
  seen.tables = {table("t", "{backends: [{name: a, url: \"http://a\", dialect: OpenAI}]}")};
  return after(seen, decide(seen, kSettings));
}

World broken(const std::string& spec = kRouted) {
  World seen = good(spec);
  seen.tables.clear();
  return seen;
}

std::string hash_of(const World& seen) {
  return seen.policy->status["hash"];
}

// A pod whose kubelet was told of `delivered` and whose sidecar runs `hash`.
void add_pod(World& seen, const std::string& name, const std::string& delivered,
             const std::string& hash) {
  Pod one = pod(name, "p", seen.policy->status["injection"]["hash"]);
  one.delivered = delivered;
  add(seen, std::move(one));
  seen.reports["ns/" + name] = {.reachable = true, .hash = hash, .proven = true};
}

// The status of a good edit is put off, or lost with its operator, once its ConfigMap is written.
TEST(LastGoodTest, WhatTheConfigMapHoldsWasDeliveredLast) {
  World seen = broken();
  const std::string before = hash_of(seen);
  seen.config_hash = "newer";
  add_pod(seen, "behind", before, before);
  add_pod(seen, "lags", "newer", before);
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "True NotResolved");
  EXPECT_EQ(plan.status.hash, "newer");
  EXPECT_FALSE(plan.config) << "it stands";
  EXPECT_EQ(plan.tell, std::vector<std::string>{"behind"});
  EXPECT_EQ(plan.remind, std::vector<std::string>{"lags"});
  for (auto& [of, report] : seen.reports) {
    report.hash = "newer";
  }
  EXPECT_EQ(state(decide(seen, kSettings), "Programmed"), "True Programmed");

  World invalid = seen;
  invalid.policy =
      policy("p", "{" + kSelector + ", mode: Sometimes}", kCreated, seen.policy->status);
  EXPECT_EQ(decide(invalid, kSettings).status.hash, "newer");
}

TEST(LastGoodTest, AVersionThatWasRefusedWasNotDelivered) {
  World seen = good();
  seen.config_hash = "older";
  seen.undelivered = "refused";
  const Plan refused = decide(seen, kSettings);
  EXPECT_EQ(state(refused, "Degraded"), "True NotDelivered");
  EXPECT_NE(refused.status.hash, "older") << "what they should run";
  seen = after(seen, refused);
  seen.tables.clear();
  seen.undelivered.clear();
  EXPECT_EQ(decide(seen, kSettings).status.hash, "older");
}

TEST(LastGoodTest, AConfigMapThatIsLostIsPutBack) {
  World seen = broken();
  seen.config_lost = true;
  add_pod(seen, "a", "", "");
  DeliveredConfig last{.hash = hash_of(seen), .content = {.text = {{"policy.json", "{}"}}}};
  last.content.listener = ListenerKind::kTls;
  seen.last_delivered = std::make_shared<const DeliveredConfig>(last);
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.config);
  EXPECT_EQ(plan.config->text, last.content.text);
  EXPECT_EQ(plan.config->listener, ListenerKind::kTls);
  EXPECT_EQ(plan.status.hash, last.hash);
  EXPECT_EQ(plan.tell, std::vector<std::string>{"a"});
  EXPECT_EQ(state(plan, "Degraded"), "True NotResolved");
  EXPECT_TRUE(plan.evict.empty());

  seen.undelivered = "refused";
  EXPECT_EQ(state(decide(seen, kSettings), "Degraded"), "True NotDelivered");
}

TEST(LastGoodTest, AConfigMapThatIsLostForGoodIsSaid) {
  World seen = broken();
  seen.config_lost = true;
  add_pod(seen, "a", "", "");
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "True ConfigMapLost");
  const std::string& message = condition(plan, "Degraded").message;
  EXPECT_TRUE(message.starts_with("(also NotResolved) ConfigMap penstock-p,")) << message;
  EXPECT_FALSE(plan.config);
  EXPECT_EQ(plan.status.hash, hash_of(seen));
  EXPECT_TRUE(plan.tell.empty());
}

// The status may lag, or tell of a version that was refused.
TEST(LastGoodTest, WhatIsKnownToBeDeliveredLastGoesBeforeWhatTheStatusSays) {
  World seen = broken();
  seen.config_lost = true;
  seen.last_delivered =
      std::make_shared<const DeliveredConfig>(DeliveredConfig{.hash = "newer", .content = {}});
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "True NotResolved");
  EXPECT_TRUE(plan.config);
  EXPECT_EQ(plan.status.hash, "newer");
}

TEST(LastGoodTest, WhatCouldNotBeWrittenIsNotLost) {
  World seen = good();
  seen.config_lost = true;
  seen.undelivered = "one that is not Penstock's is there";
  seen = after(seen, decide(seen, kSettings));
  seen.tables.clear();
  seen.undelivered.clear();
  EXPECT_EQ(state(decide(seen, kSettings), "Degraded"), "True NotResolved");
}

TEST(LastGoodTest, WhatWasNeverDeliveredIsNotLost) {
  World seen = world(policy("p", "{" + kRouted + "}"));
  seen.config_lost = true;
  EXPECT_EQ(state(decide(seen, kSettings), "Degraded"), "True NotResolved");
  World mended = good();
  mended.config_lost = true;
  const Plan plan = decide(mended, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected") << "it is written anew";
  EXPECT_TRUE(plan.config);
  EXPECT_EQ(plan.documents, plan.config->text);
}

// An edit that is not good changes no listener.
TEST(LastGoodTest, PortsAreJudgedByWhatWasDelivered) {
  const std::string tls =
      ", listener: {tls: {certificateRef: {name: s}, clientCARef: {name: s, key: ca.crt}}}";
  const World with = good(kRouted + tls);
  EXPECT_EQ(decide(with, kSettings).config->listener, ListenerKind::kCertificate);
  EXPECT_EQ(decide(good(), kSettings).config->listener, ListenerKind::kPlain);
  struct Row {
    std::string spec;
    ListenerKind delivered;
    std::string expected;
  };
  const std::string silent = "Unknown TrafficUnproven";
  const std::string not_asked = "True Programmed";
  const std::string invalid = kSelector + ", mode: Sometimes";
  for (const Row& row : {Row{kRouted, ListenerKind::kCertificate, not_asked},
                         Row{kRouted + tls, ListenerKind::kTls, silent},
                         Row{kRouted + tls, ListenerKind::kPlain, silent},
                         Row{invalid, ListenerKind::kPlain, silent},
                         Row{invalid, ListenerKind::kCertificate, not_asked}}) {
    World seen = broken();
    add_pod(seen, "a", hash_of(seen), hash_of(seen));
    seen.reports["ns/a"].proven.reset();
    seen.policy = policy("p", "{" + row.spec + "}", kCreated, seen.policy->status);
    seen.listener = row.delivered;
    EXPECT_EQ(state(decide(seen, kSettings), "Programmed"), row.expected) << row.spec;
  }
}

// As between the Jobs of a CronJob that keeps none: new pods are made as before.
TEST(LastGoodTest, WhatWasInjectedGoesOnWhileNothingTells) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const json::Value status = json::write(decide(seen, kSettings).status);
  const auto decided = [&](const std::string& spec) {
    seen.policy = policy("p", "{" + spec + "}", kCreated, status);
    return decide(seen, kSettings);
  };
  seen.workloads.clear();
  Plan plan = decided(kSelector);
  EXPECT_EQ(state(plan, "Injected"), "Unknown NoPods");
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected");
  EXPECT_EQ(json::write(*plan.status.injection), status["injection"]);

  EXPECT_EQ(state(decided(kSelector + ", interception: {mode: Redirect}"), "Degraded"),
            "True NoWorkload");
  plan = decided("selector: {matchLabels: {app: other}}");
  EXPECT_EQ(state(plan, "Degraded"), "True NoWorkload") << "those may be of another engine";
  EXPECT_EQ(json::write(*plan.status.injection), status["injection"]);
  seen.workloads = {workload("h", kVllm, ", hostNetwork: true")};
  EXPECT_EQ(state(decided(kSelector), "Degraded"), "True HostNetwork");
}

}  // namespace
}  // namespace penstock::reconcile

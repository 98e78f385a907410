#include "operator/reconcile/older_policies.h"

#include <algorithm>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

// Injected whoever has the workload that is there.
const std::string kTold = kSelector + ", interception: {engine: {port: 8000, flag: --port}}";

TEST(OlderPoliciesTest, TheOlderPolicyWinsAndTheYoungerSaysSo) {
  World seen = world(policy("younger", "{" + kTold + "}", "2026-01-02T00:00:00Z"));
  const auto older = policy("older", "{selector: {matchLabels: {app: llm}}}");
  const auto apart = policy("apart", "{selector: {matchLabels: {app: other}}}");
  const auto later = policy("later", "{" + kSelector + "}", "2026-01-03T00:00:00Z");
  const auto broken = policy("broken", "{selector: {}}");
  seen.others = {older, apart, later, broken};
  add(seen, pod("a"));
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(plan.status.pods.selected, 0U);
  EXPECT_EQ(state(plan, "Degraded"), "True Conflicted");
  EXPECT_EQ(condition(plan, "Degraded").message,
            "OptimizationPolicy older is older and keeps pods that both select: a");
  ASSERT_EQ(plan.status.injection->yields.size(), 1U);
  seen.policy = policy("younger", "{" + kSelector + "}", "2026-01-02T00:00:00Z");
  EXPECT_EQ(state(decide(seen, kSettings), "Injected"), "False Conflicted");

  World same_age = world(policy("b", "{" + kTold + "}"));
  same_age.others = {policy("a", "{" + kSelector + "}"), policy("c", "{" + kSelector + "}")};
  EXPECT_EQ(decide(same_age, kSettings).status.injection->yields.size(), 1U) << "ties go by name";
}

// Others may overlap as well, and have none of them.
TEST(OlderPoliciesTest, ThePolicyThatKeepsAPodIsNamed) {
  World seen = world(policy("younger", "{" + kTold + "}", "2026-01-02T00:00:00Z"));
  for (int i = 1; i <= 8; ++i) {
    seen.others.push_back(policy("p" + std::to_string(i),
                                 "{selector: {matchLabels: {of: l" + std::to_string(i) + "}}}"));
  }
  const auto add_pod = [&seen](const std::string& name, const std::string& of) {
    Pod one = pod(name);
    one.meta.labels["of"] = of;
    add(seen, std::move(one));
  };
  const auto message = [&seen] { return condition(decide(seen, kSettings), "Degraded").message; };
  add_pod("x", "l8");
  EXPECT_EQ(message(), "OptimizationPolicy p8 is older and keeps pods that both select: x");
  seen.others.push_back(
      policy("a-later", "{selector: {matchLabels: {of: l8}}}", "2026-01-01T12:00:00Z"));
  std::ranges::rotate(seen.others, seen.others.end() - 1);
  EXPECT_EQ(message(), "OptimizationPolicy p8 is older and keeps pods that both select: x")
      << "the oldest that selects it, whatever their order";
  add_pod("y", "l2");
  add_pod("z", "l8");
  EXPECT_EQ(message(),
            "OptimizationPolicies p8, p2 are older and keep pods that both select: x, y, z");
}

TEST(OlderPoliciesTest, APolicyThatWouldHaveToYieldToTooManyTakesNoPods) {
  World seen = world(policy("younger", "{" + kSelector + ", interception: {rollout: Restart}}",
                            "2026-01-02T00:00:00Z"));
  const auto add_older = [&seen](const std::string& name, const std::string& shard) {
    seen.others.push_back(policy(name, "{selector: {matchLabels: {shard: s" + shard + "}}}"));
  };
  for (int i = 0; i < 64; ++i) {
    add_older("older-" + std::to_string(i), std::to_string(i));
  }
  add_older("twin", "63");  // the same pods as another
  add(seen, pod("a"));
  const Plan most = decide(seen, kSettings);
  EXPECT_EQ(most.status.injection->yields.size(), 64U) << "a selector twice counts once";
  EXPECT_EQ(state(most, "Injected"), "False RestartRequired");
  EXPECT_EQ(decide(in_force(seen), kSettings).evict.size(), 1U);

  add_older("one-more", "64");
  const Plan plan = decide(seen, kSettings);
  ASSERT_EQ(plan.status.injection->yields.size(), 1U);
  EXPECT_EQ(json::write(plan.status.injection->yields[0]),
            json::write(plan.status.injection->selector))
      << "with one left out, it would take pods of that one";
  EXPECT_EQ(plan.status.injection->hash, most.status.injection->hash);
  EXPECT_EQ(state(plan, "Injected"), "False TooManyOverlaps");
  EXPECT_EQ(state(plan, "Degraded"), "True TooManyOverlaps");
  const std::string& message = condition(plan, "Degraded").message;
  EXPECT_TRUE(message.starts_with("65 older policies")) << message;
  EXPECT_TRUE(plan.evict.empty()) << "it would come up without a sidecar again";
  EXPECT_EQ(decide(after(seen, plan), kSettings).status.injection->yields.size(), 1U);
}

TEST(OlderPoliciesTest, ToAPolicyThatTakesNoPodsNobodyYields) {
  World refused = world(policy("refused", "{" + kSelector + "}", "2026-01-02T00:00:00Z"));
  for (int i = 0; i <= 64; ++i) {
    refused.others.push_back(
        policy("older-" + std::to_string(i),
               "{selector: {matchLabels: {shard: s" + std::to_string(i) + "}}}"));
  }
  const Plan plan = decide(refused, kSettings);
  ASSERT_EQ(state(plan, "Injected"), "False TooManyOverlaps");

  World seen = world(policy("youngest", "{" + kTold + "}", "2026-01-03T00:00:00Z"));
  seen.others = {
      policy("refused", "{" + kSelector + "}", "2026-01-02T00:00:00Z", json::write(plan.status))};
  add(seen, pod("a"));
  const Plan youngest = decide(seen, kSettings);
  EXPECT_TRUE(youngest.status.injection->yields.empty());
  EXPECT_EQ(youngest.status.pods.selected, 1U);
  EXPECT_EQ(state(youngest, "Degraded"), "False AsExpected");
}

// Its status still names the oldest, which is gone: it is about to take those pods itself.
TEST(OlderPoliciesTest, APolicyThatYieldedToOneThatIsGoneIsYieldedTo) {
  World second = world(policy("second", "{" + kTold + "}", "2026-01-02T00:00:00Z"));
  second.others = {policy("oldest", "{" + kSelector + "}")};
  const Plan stale = decide(second, kSettings);
  ASSERT_EQ(stale.status.injection->yields.size(), 1U);

  World third = world(policy("third", "{" + kTold + "}", "2026-01-03T00:00:00Z"));
  third.others = {
      policy("second", "{" + kSelector + "}", "2026-01-02T00:00:00Z", json::write(stale.status))};
  EXPECT_EQ(decide(third, kSettings).status.injection->yields.size(), 1U);
}

TEST(OlderPoliciesTest, TheOlderPolicyTakesWhatAdmissionSelectsForIt) {
  const std::string created = "2026-01-02T00:00:00Z";
  const Plan before = decide(world(policy("older", "{" + kSelector + "}")), kSettings);
  const json::Value status = json::write(before.status);
  // Its newest version selects other pods, but leads nowhere: admission goes on as before.
  const auto moved =
      policy("older", "{selector: {matchLabels: {app: other}}, routing: {tableRef: {name: none}}}",
             "2026-01-01T00:00:00Z", status);

  World seen = world(policy("younger", "{" + kTold + "}", created));
  seen.others = {moved};
  add(seen, pod("a", "older", before.status.injection->hash));
  EXPECT_EQ(decide(seen, kSettings).status.injection->yields.size(), 1U);
  EXPECT_EQ(state(decide(seen, kSettings), "Degraded"), "True Conflicted");

  World apart = world(policy("apart", "{selector: {matchLabels: {app: other}}}", created));
  auto theirs = std::make_shared<Workload>(*apart.workloads[0]);
  theirs->pods.labels = {{"app", "other"}};
  apart.workloads = {std::move(theirs)};
  apart.others = {moved};
  EXPECT_TRUE(decide(apart, kSettings).status.injection->yields.empty());

  // Nor does the younger, whose own newest version leads nowhere, stop yielding where it still
  // takes.
  World kept = world(policy(
      "younger", "{selector: {matchLabels: {app: other}}, routing: {tableRef: {name: none}}}",
      created, status));
  kept.others = {policy("older", "{" + kSelector + "}", "2026-01-01T00:00:00Z", status)};
  EXPECT_EQ(decide(kept, kSettings).status.injection->yields.size(), 1U);
}

TEST(OlderPoliciesTest, AnotherSelectorOrOlderPolicyMakesNoPodOutdated) {
  World seen = world(policy("p", "{" + kSelector + "}", "2026-01-02T00:00:00Z"));
  const std::string before = decide(seen, kSettings).status.injection->hash;
  seen.others = {policy("older", "{selector: {matchLabels: {tier: web}}}")};
  EXPECT_EQ(decide(seen, kSettings).status.injection->hash, before);
  Settings newer = kSettings;
  newer.sidecar_image = "sidecar:2";
  EXPECT_NE(decide(seen, newer).status.injection->hash, before);
}

}  // namespace
}  // namespace penstock::reconcile

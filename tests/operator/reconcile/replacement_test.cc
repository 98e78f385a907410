#include "operator/reconcile/replacement.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

const std::string kRestarting = "{" + kSelector + ", interception: {rollout: Restart}}";

std::vector<std::string> evicted(const World& seen) {
  const Plan plan = decide(in_force(seen), kSettings);
  std::vector<std::string> pods;
  std::ranges::transform(plan.evict, std::back_inserter(pods), &Eviction::pod);
  return pods;
}

// What the next one waits for, as the conditions have it.
std::string awaited(const World& seen) {
  const Plan plan = decide(in_force(seen), kSettings);
  const std::string begin = ", the next once ";
  for (const char* type : {"Injected", "Degraded"}) {
    const std::string message = condition(plan, type).message;
    if (const std::size_t at = message.find(begin); at != std::string::npos) {
      return message.substr(at + begin.size());
    }
  }
  return "";
}

Pod of(const std::string& kind, const std::string& owner, const std::string& name) {
  Pod result = pod(name);
  result.owner_kind = kind;
  result.owner_name = owner;
  result.meta.uid = "uid-" + name;
  return result;
}

// Of the DaemonSet "everywhere", with the sidecar that `plan` gives new pods.
Pod of_today(const Plan& plan, const std::string& name) {
  Pod one = of("DaemonSet", "everywhere", name);
  one.has_sidecar = true;
  one.injected_by = "p";
  one.injected_hash = plan.status.injection->hash;
  return one;
}

Pod unready(Pod one) {
  one.ready = false;
  return one;
}

Ptr<Workload> stateful_set(const std::string& name, int replicas) {
  return std::make_shared<const Workload>(controllers::read_stateful_set(
      yaml("{metadata: {name: " + name +
           ", namespace: ns}, spec: {replicas: " + std::to_string(replicas) +
           ", template: {metadata: {labels: {app: llm}}, spec: {containers: " + kVllm + "}}}}")));
}

TEST(ReplacementTest, OnePodAtATime) {
  World seen = world(policy("p", kRestarting));
  const std::string injection = decide(seen, kSettings).status.injection->hash;
  add(seen, of("", "", "alone"));
  for (const char* kind : {"Job", "TaskRun"}) {
    Pod batch = pod(std::string("of-a-") + kind, "p", "older");
    batch.owner_kind = kind;
    add(seen, std::move(batch));
  }
  add(seen, pod("current", "p", injection));
  add(seen, pod("old", "p", "older"));
  add(seen, pod("plain"));
  EXPECT_EQ(evicted(seen), std::vector<std::string>{"old"})
      << "nobody would make the first one anew, and what runs once would be lost";

  World waiting = seen;
  add(waiting, unready(pod("starting", "p", injection)));
  EXPECT_TRUE(evicted(waiting).empty()) << "the one before is not ready yet";
  EXPECT_TRUE(awaited(waiting).starts_with("starting is ready;")) << awaited(waiting);

  World leaving = seen;
  Pod going = pod("going", "p", "older");
  going.meta.deleting = true;
  add(leaving, std::move(going));
  EXPECT_TRUE(evicted(leaving).empty());
  EXPECT_TRUE(awaited(leaving).starts_with("going is gone;")) << awaited(leaving);

  World manual = seen;
  manual.policy = policy("p", "{" + kSelector + "}");
  EXPECT_TRUE(evicted(manual).empty());
}

TEST(ReplacementTest, APodThatIsMissingIsWaitedFor) {
  World seen = world(policy("p", kRestarting));
  seen.workloads = {stateful_set("web", 2)};
  add(seen, of("StatefulSet", "web", "web-1"));
  EXPECT_TRUE(evicted(seen).empty()) << "web-0 is not made anew yet";
  EXPECT_EQ(awaited(seen), "statefulset/web has 2 ready pods instead of 1");
  Pod starting = unready(of("StatefulSet", "web", "web-0"));
  starting.has_sidecar = true;
  starting.injected_by = "p";
  starting.injected_hash = decide(seen, kSettings).status.injection->hash;
  add(seen, std::move(starting));
  EXPECT_TRUE(evicted(seen).empty());
  seen.pods.pop_back();
  add(seen, of("StatefulSet", "web", "web-0"));
  EXPECT_EQ(evicted(seen), std::vector<std::string>{"web-1"});

  seen.workloads.push_back(stateful_set("other", 1));
  EXPECT_EQ(awaited(seen), "statefulset/other has 1 ready pods instead of 0")
      << "one at a time over the whole policy";
}

// Their sidecar, of an image that cannot be pulled, may be what keeps them from being ready.
TEST(ReplacementTest, PodsThatAreToGoAndAreNotReadyAreNotWaitedFor) {
  World seen = world(policy("p", kRestarting));
  seen.workloads = {stateful_set("web", 2)};
  const Plan plan = decide(in_force(seen), kSettings);
  const auto web = [](const std::string& name, const std::string& injection) {
    Pod one = of("StatefulSet", "web", name);
    one.has_sidecar = true;
    one.injected_by = "p";
    one.injected_hash = injection;
    return one;
  };
  const std::string today = plan.status.injection->hash;
  World broken = seen;
  add(broken, unready(web("web-0", "of a wrong image")));
  add(broken, unready(web("web-1", "of a wrong image")));
  EXPECT_EQ(evicted(broken), std::vector<std::string>{"web-0"}) << "one at a time";
  EXPECT_EQ(awaited(broken), "");

  World mended = seen;
  add(mended, unready(web("web-0", today)));
  add(mended, unready(web("web-1", "of a wrong image")));
  EXPECT_TRUE(evicted(mended).empty()) << "whether it is mended this one shows";
  EXPECT_EQ(awaited(mended), "statefulset/web has 2 ready pods instead of 0 and web-0 is ready");
  mended.pods.erase(mended.pods.begin());
  EXPECT_TRUE(evicted(mended).empty()) << "before it is there";
  EXPECT_EQ(awaited(mended), "statefulset/web has 2 ready pods instead of 0");
  add(mended, web("web-0", today));
  EXPECT_EQ(evicted(mended), std::vector<std::string>{"web-1"});
}

// As for want of a GPU.
TEST(ReplacementTest, WhoIsNotReadyGoesFirstAndWhoIsReadyAfterThat) {
  World seen = world(policy("p", kRestarting));
  seen.workloads = {stateful_set("web", 3)};
  add(seen, of("StatefulSet", "web", "web-0"));
  add(seen, of("StatefulSet", "web", "web-1"));
  add(seen, unready(of("StatefulSet", "web", "web-2")));
  add(seen, of("DaemonSet", "everywhere", "d1"));
  EXPECT_EQ(evicted(seen), (std::vector<std::string>{"web-2", "d1"}))
      << "that takes nothing from anybody";

  World next = seen;
  next.pods.erase(next.pods.begin() + 2);
  Pod waits = unready(of("StatefulSet", "web", "web-2"));
  waits.has_sidecar = true;
  waits.injected_by = "p";
  waits.injected_hash = decide(in_force(seen), kSettings).status.injection->hash;
  add(next, std::move(waits));
  EXPECT_TRUE(evicted(next).empty()) << "nobody that is ready goes while it waits";

  World held = seen;
  held.held_by_budget = {"web-2"};
  EXPECT_EQ(evicted(held), (std::vector<std::string>{"d1", "web-2"}))
      << "whoever is ready stays beside it, others have budgets of their own";

  World alone = seen;
  add(alone, unready(of("", "", "bare")));
  EXPECT_TRUE(evicted(alone).empty()) << "nobody replaces that one";
  EXPECT_TRUE(awaited(alone).starts_with("bare is ready;")) << awaited(alone);
}

// Of owners that do not say how many they ask for.
TEST(ReplacementTest, InThePlaceOfOneThatWasNotReadyAReadyOneIsWaitedFor) {
  World seen = world(policy("p", kRestarting));
  add(seen, of("DaemonSet", "everywhere", "a"));
  add(seen, unready(of("DaemonSet", "everywhere", "b")));
  const Plan plan = decide(in_force(seen), kSettings);
  ASSERT_EQ(plan.evict.size(), 1U);
  EXPECT_EQ(plan.evict[0].pod, "b");
  seen.last_eviction = plan.evict[0];
  seen.pods.pop_back();
  EXPECT_TRUE(evicted(seen).empty());
  EXPECT_EQ(awaited(seen), "daemonset/everywhere has a ready pod in the place of b");
  add(seen, of_today(plan, "c"));
  EXPECT_EQ(evicted(seen), std::vector<std::string>{"a"});
}

// Of an owner that does not say how many it asks for.
TEST(ReplacementTest, WhatAnotherOwnerHadBeforeIsWaitedFor) {
  World seen = world(policy("p", kRestarting));
  const auto add_of = [&seen](const std::string& name) {
    add(seen, of("DaemonSet", "everywhere", name));
  };
  add_of("a");
  add_of("b");
  const Plan plan = decide(in_force(seen), kSettings);
  ASSERT_EQ(plan.evict.size(), 1U);
  EXPECT_EQ(plan.evict[0].workload, "daemonset/everywhere");
  EXPECT_EQ(plan.evict[0].ready, 2);
  seen.last_eviction = plan.evict[0];
  EXPECT_TRUE(evicted(seen).empty()) << "the watch has not told yet that it is gone";
  EXPECT_EQ(awaited(seen), "a is gone");

  seen.pods.erase(seen.pods.begin());
  EXPECT_TRUE(evicted(seen).empty());
  EXPECT_EQ(awaited(seen), "daemonset/everywhere has a ready pod in the place of a");
  World back = seen;
  add(back, of_today(plan, "c"));
  EXPECT_EQ(evicted(back), std::vector<std::string>{"b"}) << "as many as before";

  seen.last_eviction->ready = 3;
  add(seen, of_today(plan, "c"));
  EXPECT_EQ(evicted(seen), std::vector<std::string>{"b"})
      << "one has come; another went for reasons of its own";
}

// Else what comes in its place would be made as before, and would have to go again.
TEST(ReplacementTest, NoneGoesBeforeAdmissionKnowsOfTheNewInjection) {
  World seen = world(policy("p", kRestarting));
  add(seen, of("DaemonSet", "everywhere", "a"));
  const Plan first = decide(seen, kSettings);
  EXPECT_TRUE(first.evict.empty());
  EXPECT_TRUE(condition(first, "Injected").message.contains("new pods get the sidecar of today"));
  const World known = in_force(seen);
  EXPECT_EQ(decide(known, kSettings).evict.size(), 1U);
  Settings newer = kSettings;
  newer.sidecar_image = "sidecar:2";
  EXPECT_TRUE(decide(known, newer).evict.empty());
}

// As where the webhook cannot be reached and failClosed is off.
TEST(ReplacementTest, OneThatCameUpWithoutTheSidecarEndsIt) {
  World seen = in_force(world(policy("p", kRestarting)));
  add(seen, of("DaemonSet", "everywhere", "a"));
  const Plan plan = decide(seen, kSettings);
  ASSERT_EQ(plan.evict.size(), 1U);
  seen.last_eviction = plan.evict[0];
  seen.pods.clear();
  add(seen, of("DaemonSet", "everywhere", "b"));
  EXPECT_TRUE(evicted(seen).empty());
  EXPECT_TRUE(awaited(seen).starts_with("new pods come up with the sidecar of today, as b did not"))
      << awaited(seen);
  World works = seen;
  add(works, of_today(plan, "c"));
  EXPECT_EQ(evicted(works), std::vector<std::string>{"b"}) << "new pods come up with it by now";
  seen.last_eviction->injection = "an older one";
  EXPECT_EQ(evicted(seen), std::vector<std::string>{"b"}) << "there is another one to try";
}

TEST(ReplacementTest, WhereABudgetHoldsOneAnotherWorkloadsAreTried) {
  World seen = world(policy("p", kRestarting));
  add(seen, pod("a1"));
  add(seen, pod("a2"));
  add(seen, of("DaemonSet", "everywhere", "d1"));
  add(seen, of("DaemonSet", "everywhere", "d2"));
  EXPECT_EQ(evicted(seen), (std::vector<std::string>{"a1", "d1"})) << "one of each";
  EXPECT_EQ(awaited(seen), "");
  seen.held_by_budget = {"a1"};
  EXPECT_EQ(evicted(seen), (std::vector<std::string>{"d1", "a1"}));
  EXPECT_EQ(awaited(seen), "");
  seen.held_by_budget = {"a1", "d1"};
  EXPECT_EQ(evicted(seen), (std::vector<std::string>{"a1", "d1"})) << "budgets change";
  EXPECT_EQ(awaited(seen), "a disruption budget lets one of these go: a1, d1");
  seen.held_by_budget = {"d1"};
  seen.eviction_failure = "a1: This pod has more than one PodDisruptionBudget";
  EXPECT_EQ(awaited(seen),
            "the API server evicts one; it says of a1: This pod has more than one "
            "PodDisruptionBudget");
  EXPECT_EQ(evicted(seen), (std::vector<std::string>{"a1", "d1"})) << "it is tried again";
}

TEST(ReplacementTest, PodsOfAnOlderPolicyAreNotWaitedFor) {
  World seen = world(policy("younger",
                            "{selector: {matchLabels: {team: a}}, interception: "
                            "{rollout: Restart, engine: {port: 8000, env: PORT}}}",
                            "2026-01-02T00:00:00Z"));
  seen.workloads.clear();
  seen.others = {policy("older", "{" + kSelector + "}")};
  Pod theirs = unready(pod("theirs"));
  theirs.meta.labels["team"] = "a";
  add(seen, std::move(theirs));
  Pod own = pod("own");
  own.meta.labels = {{"team", "a"}};
  add(seen, std::move(own));
  EXPECT_EQ(evicted(seen), std::vector<std::string>{"own"});
}

TEST(ReplacementTest, NothingIsReplacedWhileNewPodsWouldNotBeOfToday) {
  World seen = world(policy("p", kRestarting));
  const Plan good = decide(seen, kSettings);
  seen.policy = policy("p",
                       "{" + kSelector +
                           ", interception: {rollout: Restart}, routing: "
                           "{tableRef: {name: none}}}",
                       "2026-01-01T00:00:00Z", json::write(good.status));
  add(seen, pod("plain"));
  EXPECT_TRUE(evicted(seen).empty());
  EXPECT_EQ(awaited(seen), "new pods get the sidecar of today");
}

}  // namespace
}  // namespace penstock::reconcile

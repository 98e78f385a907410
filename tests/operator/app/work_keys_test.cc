#include "operator/app/work_keys.h"

#include <future>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::control {
namespace {

class WorkKeysTest : public ::testing::Test {
 protected:
  WorkKeysTest() { keys_.attach(stores_); }

  // All that is to be looked at, in the end.
  std::set<std::string> queued() {
    std::set<std::string> seen;
    std::promise<void> all;
    workers_.add("ns/last:key");  // of one namespace they are taken in their order
    workers_.start(1, [&](const std::string& key) {
      seen.insert(key);
      if (key == "ns/last:key") {
        all.set_value();
      }
      return kube::WorkOutcome{};
    });
    all.get_future().wait();
    workers_.stop();
    return seen;
  }

  fakes::FakeClock clock_;
  kube::Workers workers_{clock_, 1};
  WorkKeys keys_{workers_};
  controllers::Stores stores_{controllers::StoreChanges{}};
};

constexpr const char* kPlain = "{selector: {matchLabels: {app: llm}}}";

// What was kept on nodes in its name is still there.
TEST_F(WorkKeysTest, APolicyThatWasScaledBeforeThisOperatorBeganIsLookedAt) {
  stores_.policies.put(reconcile::policy(
      "chat", kPlain, "2026-01-01T00:00:00Z",
      reconcile::yaml("{autoscaling: {nodes: {provider: Placeholder, headroom: 2}}}")));
  keys_.add_all();
  EXPECT_TRUE(queued().contains("ns/Autoscaling:chat"));
}

TEST_F(WorkKeysTest, APolicyThatNeverWasIsNot) {
  stores_.policies.put(reconcile::policy("chat", kPlain));
  keys_.add_all();
  const std::set<std::string> keys = queued();
  EXPECT_TRUE(keys.contains("ns/OptimizationPolicy:chat"));
  EXPECT_FALSE(keys.contains("ns/Autoscaling:chat"));
}

// Whoever it keeps from their pods has to hear that it takes some again.
TEST_F(WorkKeysTest, WhatAPolicyYieldsToConcernsTheOthersOfItsNamespace) {
  const auto with = [](const std::string& yields) {
    return reconcile::policy("chat", kPlain, "2026-01-01T00:00:00Z",
                             reconcile::yaml("{injection: {hash: h, selector: {matchLabels: {app: "
                                             "llm}}, yields: " +
                                             yields + "}}"));
  };
  stores_.policies.put(reconcile::policy("other", kPlain));
  keys_.changes().policy(with("[{matchLabels: {app: llm}}]").get(), with("[]").get());
  EXPECT_TRUE(queued().contains("ns/OptimizationPolicy:other"));
}

// Pods are counted by it until the edit is good.
TEST_F(WorkKeysTest, WhatAPolicySelectedWhenItWasLastGoodConcernsIt) {
  stores_.policies.put(reconcile::policy(
      "edited", "{selector: {matchLabels: {app: other}}}", "2026-01-01T00:00:00Z",
      reconcile::yaml(
          "{injection: {hash: abc, selector: {matchLabels: {app: llm}}, container: {}}}")));
  stores_.policies.put(reconcile::policy("apart", "{selector: {matchLabels: {app: apart}}}"));
  const reconcile::Pod gone = reconcile::pod("a");
  keys_.changes().pod(&gone, nullptr);
  EXPECT_EQ(queued(), (std::set<std::string>{"ns/OptimizationPolicy:edited", "ns/last:key"}));
}

TEST_F(WorkKeysTest, AWorkloadThatAPolicySelectedWhenItWasLastGoodConcernsIt) {
  stores_.policies.put(reconcile::policy(
      "edited", "{selector: {matchLabels: {app: other}}}", "2026-01-01T00:00:00Z",
      reconcile::yaml(
          "{injection: {hash: abc, selector: {matchLabels: {app: llm}}, container: {}}}")));
  keys_.changes().workload(nullptr, reconcile::workload("engine", reconcile::kVllm).get());
  EXPECT_TRUE(queued().contains("ns/OptimizationPolicy:edited"));
}

// Its controller writes its status many times while its pods start.
TEST_F(WorkKeysTest, AWorkloadsStatusConcernsNobody) {
  stores_.policies.put(reconcile::policy("chat", kPlain));
  reconcile::Workload before = *reconcile::workload("engine", reconcile::kVllm);
  before.meta.generation = 1;
  reconcile::Workload now = before;
  now.meta.resource_version = "2";
  keys_.changes().workload(&before, &now);
  EXPECT_EQ(queued(), (std::set<std::string>{"ns/last:key"}));
  now.meta.generation = 2;
  keys_.changes().workload(&before, &now);
  EXPECT_TRUE(queued().contains("ns/OptimizationPolicy:chat"));
}

TEST_F(WorkKeysTest, AWorkloadThatNoPolicySelectsMayHaveLeftOverPods) {
  stores_.policies.put(reconcile::policy("other", "{selector: {matchLabels: {app: other}}}"));
  reconcile::Workload before = *reconcile::workload("engine", reconcile::kVllm);
  reconcile::Workload now = before;
  now.meta.generation = 2;
  keys_.changes().workload(&before, &now);
  EXPECT_EQ(queued(), (std::set<std::string>{"ns/last:key"}));
  now.rolls_out = false;
  keys_.changes().workload(&before, &now);
  EXPECT_TRUE(queued().contains("ns/OptimizationPolicy:other"));
}

TEST_F(WorkKeysTest, ATablesStatusConcernsNoPolicy) {
  stores_.policies.put(reconcile::policy(
      "chat", "{selector: {matchLabels: {app: llm}}, routing: {tableRef: {name: models}}}"));
  const auto table = reconcile::table("models", "{}");
  keys_.changes().table(table.get(), table.get());
  EXPECT_EQ(queued(), (std::set<std::string>{"ns/RoutingTable:models", "ns/last:key"}));
}

// It begins with the same generation, which a list after a lost watch shows beside the old one's.
TEST_F(WorkKeysTest, ATableThatWasMadeAnewConcernsWhoUsesIt) {
  const auto of = [](const std::string& uid) {
    reconcile::Document table = *reconcile::table("models", "{}");
    table.meta.uid = uid;
    return table;
  };
  stores_.policies.put(reconcile::policy(
      "chat", "{selector: {matchLabels: {app: llm}}, routing: {tableRef: {name: models}}}"));
  const reconcile::Document before = of("a");
  const reconcile::Document anew = of("b");
  keys_.changes().table(&before, &anew);
  EXPECT_EQ(queued(), (std::set<std::string>{"ns/RoutingTable:models", "ns/OptimizationPolicy:chat",
                                             "ns/last:key"}));
}

// What could not be deleted is still told of, and tried.
TEST_F(WorkKeysTest, APolicyWhoseHoldStandsYetIsLookedAt) {
  stores_.policies.put(reconcile::policy(
      "chat", kPlain, "2026-01-01T00:00:00Z",
      reconcile::yaml("{conditions: [{type: HoldReady, status: \"False\", reason: NotRemoved}]}")));
  keys_.add_all();
  EXPECT_TRUE(queued().contains("ns/Autoscaling:chat"));
}

// Its sidecars run what is no more, until their kubelets are told.
TEST_F(WorkKeysTest, APolicyThatIsGoneIsLookedAtAsItsConfigMapGoes) {
  const auto put = [this](const char* name, const char* policy, const char* delivered) {
    reconcile::Pod pod = reconcile::pod(name, policy);
    pod.delivered = delivered;
    stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(pod)));
  };
  stores_.policies.put(reconcile::policy("chat", kPlain));
  put("a", "chat", "h");
  put("b", "gone", "h");
  put("c", "told", "");
  controllers::ConfigMap map;
  map.meta.ns = "ns";
  map.meta.name = "penstock-gone";
  keys_.changes().config_map(&map, nullptr);
  EXPECT_EQ(queued(), (std::set<std::string>{"ns/OptimizationPolicy:gone", "ns/last:key"}));
}

TEST_F(WorkKeysTest, OneThatWentWhileNoOperatorRanIsLookedAt) {
  reconcile::Pod pod = reconcile::pod("b", "gone");
  pod.delivered = "h";
  stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(pod)));
  keys_.add_all();
  EXPECT_TRUE(queued().contains("ns/OptimizationPolicy:gone"));
}

TEST_F(WorkKeysTest, OfAPolicyThatIsGoneNothingIsKept) {
  const auto gone = reconcile::policy("chat", kPlain);
  keys_.changes().policy(gone.get(), nullptr);
  EXPECT_TRUE(queued().contains("ns/Autoscaling:chat"));
}

}  // namespace
}  // namespace penstock::control

#include "operator/controllers/evictions.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

class EvictionsTest : public ::testing::Test {
 protected:
  void answer(const std::string& pod, int status) {
    server_.fail_next("POST " + path(pod), {.status = status, .body = "{}", .retry_after = ""});
  }

  static std::string path(const std::string& pod) {
    return kube::kPods.object("ns", pod, "eviction");
  }

  Evictions::Outcome evict(const std::vector<std::string>& pods) {
    std::vector<reconcile::Eviction> candidates;
    for (const std::string& pod : pods) {
      candidates.push_back({.pod = pod, .uid = "u-" + pod, .workload = "daemonset/d", .ready = 2});
    }
    return evictions_.evict_one(*policy_, candidates);
  }

  // The pods that the server was asked for.
  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> pods;
    for (const std::string& request : server_.requests()) {
      for (const char* pod : {"a", "b", "c"}) {
        if (request.starts_with("POST " + path(pod))) {
          pods.emplace_back(pod);
        }
      }
    }
    return pods;
  }

  [[nodiscard]] reconcile::World told(const reconcile::Ptr<reconcile::Policy>& policy) const {
    reconcile::World world = reconcile::world(policy);
    evictions_.tell(world);
    return world;
  }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  kube::EventRecorder events_{client_, clock_, "penstock-operator-0"};
  Evictions evictions_{client_, events_};
  const reconcile::Ptr<reconcile::Policy> policy_ =
      reconcile::policy("p", "{selector: {matchLabels: {app: llm}}}");
};

TEST_F(EvictionsTest, TheFirstThatMayGoGoesAndIsRemembered) {
  answer("a", 429);
  const Evictions::Outcome outcome = evict({"a", "b", "c"});
  EXPECT_FALSE(outcome.held);
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(asked(), (std::vector<std::string>{"a", "b"}));
  const reconcile::World world = told(policy_);
  ASSERT_TRUE(world.last_eviction);
  EXPECT_EQ(world.last_eviction->pod, "b");
  EXPECT_EQ(world.last_eviction->ready, 2);
  EXPECT_TRUE(world.held_by_budget.empty());
}

// Another pod of its name is not meant.
TEST_F(EvictionsTest, ThePodThatWasMeantGoesOrNone) {
  evict({"a"});
  const auto asked_for = client_.get(path("a") + "/a");
  ASSERT_TRUE(asked_for);
  EXPECT_EQ((*asked_for)["deleteOptions"]["preconditions"]["uid"], "u-a");
  evictions_.forget("ns/p");
  for (const int status : {404, 409}) {
    answer("b", status);
    const Evictions::Outcome outcome = evict({"b", "c"});
    EXPECT_FALSE(outcome.held || outcome.error);
    EXPECT_FALSE(told(policy_).last_eviction) << status;
  }
  EXPECT_EQ(asked(), (std::vector<std::string>{"a", "b", "b"}))
      << "what is there now is seen first";
}

TEST_F(EvictionsTest, OneThatIsGoneMakesNothingForgotten) {
  answer("a", 429);
  answer("b", 404);
  EXPECT_TRUE(evict({"a", "b", "c"}).held);
  EXPECT_EQ(told(policy_).held_by_budget, std::vector<std::string>{"a"});
  answer("a", 500);
  answer("b", 404);
  EXPECT_TRUE(evict({"a", "b", "c"}).error);
}

TEST_F(EvictionsTest, WhereBudgetsHoldAllThatIsRemembered) {
  answer("a", 429);
  answer("b", 429);
  EXPECT_TRUE(evict({"a", "b"}).held);
  EXPECT_EQ(told(policy_).held_by_budget, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(told(policy_).last_eviction);
  evict({"a"});
  EXPECT_TRUE(told(policy_).held_by_budget.empty());
}

TEST_F(EvictionsTest, OneThatFailsHoldsUpNoOther) {
  answer("a", 500);  // as where two budgets cover a pod
  EXPECT_FALSE(evict({"a", "b"}).error);
  answer("a", 500);
  const Evictions::Outcome outcome = evict({"a"});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->status, 500);
}

TEST_F(EvictionsTest, AnEditOfThePolicyOrItsEndForgets) {
  evict({"a"});
  reconcile::Policy edited = *policy_;
  ++edited.meta.generation;
  const auto after = std::make_shared<const reconcile::Policy>(edited);
  EXPECT_FALSE(told(after).last_eviction);
  EXPECT_TRUE(told(policy_).last_eviction);
  answer("b", 429);
  evictions_.evict_one(edited, {{.pod = "b", .uid = "u-b", .workload = "daemonset/d"}});
  EXPECT_EQ(told(after).held_by_budget, std::vector<std::string>{"b"});
  EXPECT_FALSE(told(after).last_eviction) << "what was before the edit does not come back";
  evict({"a"});
  reconcile::Policy anew = *policy_;
  anew.meta.uid = "another";
  EXPECT_FALSE(told(std::make_shared<const reconcile::Policy>(anew)).last_eviction);
  evictions_.forget("ns/p");
  EXPECT_FALSE(told(policy_).last_eviction);
}

}  // namespace
}  // namespace penstock::controllers

#include "operator/controllers/evictions.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/controllers/api_server_test.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

class EvictionsTest : public ApiServerTest {
 protected:
  void answer(const std::string& pod, int status, const std::string& body = "{}") {
    server_.fail_next("POST " + path(pod), {.status = status, .body = body, .retry_after = ""});
  }
  // As the Eviction API words it.
  void hold(const std::string& pod) {
    answer(pod, 429,
           R"({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",)"
           R"( "message": "Cannot evict pod as it would violate the pod's disruption budget.",)"
           R"( "reason": "TooManyRequests", "details": {"causes": [{"reason": "DisruptionBudget",)"
           R"( "message": "The disruption budget d needs 2 healthy pods and has 2 currently"}]},)"
           R"( "code": 429})");
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

  Evictions evictions_{client_, events_};
  const reconcile::Ptr<reconcile::Policy> policy_ =
      reconcile::policy("p", "{selector: {matchLabels: {app: llm}}}");
};

TEST_F(EvictionsTest, TheFirstThatMayGoGoesAndIsRemembered) {
  hold("a");
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
  hold("a");
  answer("b", 404);
  EXPECT_TRUE(evict({"a", "b", "c"}).held);
  EXPECT_EQ(told(policy_).held_by_budget, std::vector<std::string>{"a"});
  answer("a", 500);
  answer("b", 404);
  EXPECT_TRUE(evict({"a", "b", "c"}).error);
}

TEST_F(EvictionsTest, WhereBudgetsHoldAllThatIsRemembered) {
  hold("a");
  hold("b");
  EXPECT_TRUE(evict({"a", "b"}).held);
  EXPECT_EQ(told(policy_).held_by_budget, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(told(policy_).last_eviction);
  evict({"a"});
  EXPECT_TRUE(told(policy_).held_by_budget.empty());
}

TEST_F(EvictionsTest, OneThatFailsHoldsUpNoOther) {
  const std::string two_budgets =
      R"({"reason": "InternalError", "message": "This pod has more than one PodDisruptionBudget"})";
  answer("a", 500, two_budgets);
  EXPECT_FALSE(evict({"a", "b"}).error);
  EXPECT_EQ(told(policy_).eviction_failure, "") << "another went, and that is all there is to say";
  answer("a", 500, two_budgets);
  hold("b");
  const Evictions::Outcome outcome = evict({"a", "b"});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->status, 500);
  EXPECT_EQ(told(policy_).eviction_failure, "a: This pod has more than one PodDisruptionBudget");
  EXPECT_EQ(told(policy_).held_by_budget, std::vector<std::string>{"b"});
  evict({"a"});
  EXPECT_EQ(told(policy_).eviction_failure, "");
}

// As priority and fairness answers, in plain text: no budget says so, and the next would only add
// to it.
TEST_F(EvictionsTest, AServerThatIsBusyIsLeftAloneForAsLongAsItSays) {
  server_.fail_next(
      "POST " + path("a"),
      {.status = 429, .body = "Too many requests, please try again later.\n", .retry_after = "7"});
  const Evictions::Outcome outcome = evict({"a", "b"});
  EXPECT_FALSE(outcome.held);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->retry_after, std::chrono::seconds(7));
  EXPECT_EQ(asked(), std::vector<std::string>{"a"});
  EXPECT_TRUE(told(policy_).held_by_budget.empty());
}

// Two would go at once.
TEST_F(EvictionsTest, AfterOneThatMayHaveGoneNoOtherIsAskedFor) {
  answer("a", 504);
  EXPECT_TRUE(evict({"a", "b"}).error);
  EXPECT_EQ(asked(), std::vector<std::string>{"a"});
}

TEST_F(EvictionsTest, AnEditOfThePolicyOrItsEndForgets) {
  evict({"a"});
  reconcile::Policy edited = *policy_;
  ++edited.meta.generation;
  const auto after = std::make_shared<const reconcile::Policy>(edited);
  EXPECT_FALSE(told(after).last_eviction);
  EXPECT_TRUE(told(policy_).last_eviction);
  hold("b");
  evictions_.evict_one(edited, {{.pod = "b", .uid = "u-b", .workload = "daemonset/d"}});
  EXPECT_EQ(told(after).held_by_budget, std::vector<std::string>{"b"});
  EXPECT_FALSE(told(after).last_eviction) << "what was before the edit does not come back";
  evict({"a"});
  reconcile::Policy anew = *policy_;
  anew.meta.uid = "another";
  EXPECT_FALSE(told(std::make_shared<const reconcile::Policy>(anew)).last_eviction);
  evictions_.forget("ns/p");
  EXPECT_FALSE(told(policy_).last_eviction);
  evict({"a"});
  evictions_.forget_all();
  EXPECT_FALSE(told(policy_).last_eviction) << "another operator has led";
}

}  // namespace
}  // namespace penstock::controllers

#include "operator/controllers/policies_in_force.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "operator/controllers/stores.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using reconcile::Policy;
using reconcile::Ptr;

class PoliciesInForceTest : public ::testing::Test {
 protected:
  // Without errors where `replicas` is above 0.
  Ptr<Policy> put(int replicas, const std::string& uid = "one") {
    Policy policy = *reconcile::policy(
        "chat",
        "{selector: {matchLabels: {app: llm}}, autoscaling: {target: {name: engine}, "
        "maxReplicas: " +
            std::to_string(replicas) + "}}");
    policy.meta.uid = uid;
    stores_.policies.put(std::make_shared<const Policy>(std::move(policy)));
    return stores_.policies.find("ns", "chat");
  }
  int most(const Ptr<Policy>& newest) {
    const Ptr<Policy> policy = stores_.in_force.of(newest);
    return policy == nullptr ? -1 : static_cast<int>(policy->parsed.autoscaling->max_replicas);
  }

  int told_ = 0;
  Stores stores_{{.policy = [this](const Policy*, const Policy*) { ++told_; }}};
};

TEST_F(PoliciesInForceTest, TheNewestWithoutErrors) {
  EXPECT_EQ(most(put(0)), -1) << "there was none yet";
  EXPECT_EQ(most(put(2)), 2);
  EXPECT_EQ(most(put(3)), 3);
  EXPECT_EQ(most(put(0)), 3);
  EXPECT_EQ(most(put(0)), 3) << "another error";
  EXPECT_EQ(most(put(4)), 4);
  EXPECT_EQ(told_, 6);
}

TEST_F(PoliciesInForceTest, OneThatIsMadeAnewHasNoPast) {
  put(2);
  put(0);
  EXPECT_EQ(most(put(0, "two")), -1);
  put(2, "two");
  put(0, "two");
  stores_.policies.remove("ns", "chat");
  EXPECT_EQ(most(put(0, "two")), -1);
}

}  // namespace
}  // namespace penstock::controllers

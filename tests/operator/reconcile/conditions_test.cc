#include "operator/reconcile/conditions.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

std::string message_of(std::string_view message) {
  Conditions conditions({}, 1, "2026-01-01T00:00:00Z");
  conditions.set("Degraded", api::ConditionStatus::kTrue, "NotDelivered", message);
  return conditions.now().at(0).message;
}

// The definitions refuse any other, and with it the whole status.
TEST(ConditionsTest, AMessageIsOneLine) {
  EXPECT_EQ(message_of("denied the request:\n\n\tresource was\x07 blocked"),
            "denied the request: resource was blocked");
}

TEST(ConditionsTest, ALongMessageIsCutBetweenCharacters) {
  const std::string most(8'191, 'a');
  EXPECT_EQ(message_of(most + "äb"), most);
  EXPECT_EQ(message_of(most + "ab"), most + "a");
}

}  // namespace
}  // namespace penstock::reconcile

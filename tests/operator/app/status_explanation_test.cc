#include "operator/app/status_explanation.h"

#include <gtest/gtest.h>

namespace penstock::control {
namespace {

using enum api::ConditionStatus;

api::OptimizationPolicyStatus status(api::Condition condition) {
  return {
      .conditions = {std::move(condition)},
      .autoscaling = api::AutoscalingStatus{
          .current = 1, .desired = 1, .reason = "Steady", .lead_time = std::chrono::seconds(90)}};
}

TEST(StatusExplanationTest, WhatIsAsItShouldBeNeedsNoWords) {
  EXPECT_EQ(explain("ns/chat", status({.type = "ScalingActive", .status = kTrue})),
            "ns/chat has 1 replicas and should have 1: what is needed is what there is.\n"
            "A replica takes 1m30s until it serves.\n");
}

class StatusExplanationProblemTest : public ::testing::TestWithParam<api::Condition> {};

TEST_P(StatusExplanationProblemTest, WhatIsWrongIsTold) {
  const api::Condition& condition = GetParam();
  EXPECT_TRUE(explain("ns/chat", status(condition))
                  .contains(condition.type + " (" + condition.reason + "): why.\n"));
}

INSTANTIATE_TEST_SUITE_P(
    All, StatusExplanationProblemTest,
    ::testing::Values(
        api::Condition{
            .type = "ScalingActive", .status = kFalse, .reason = "WriteFailed", .message = "why"},
        api::Condition{.type = "MetricsAvailable",
                       .status = kFalse,
                       .reason = "MetricsMissing",
                       .message = "why"},
        api::Condition{.type = "CapacityStarved",
                       .status = kTrue,
                       .reason = "StartDeadlineExceeded",
                       .message = "why"},
        api::Condition{
            .type = "Conflict", .status = kTrue, .reason = "AnotherScaler", .message = "why"},
        api::Condition{
            .type = "NodeCapacity", .status = kFalse, .reason = "NotAllowed", .message = "why"},
        api::Condition{
            .type = "RolloutFits", .status = kFalse, .reason = "SurgeNeedsNodes", .message = "why"},
        api::Condition{
            .type = "HoldReady", .status = kFalse, .reason = "ServiceNotFound", .message = "why"}));

}  // namespace
}  // namespace penstock::control

#include "operator/controllers/condition_events.h"

#include <gtest/gtest.h>

namespace penstock::controllers {
namespace {

using autoscale::Finding;
using enum api::ConditionStatus;

std::vector<Finding> with(Finding other) {
  std::vector<Finding> conditions = {{"ScalingActive", kTrue, "Enforcing", "m"},
                                     {"MetricsAvailable", kTrue, "Fresh", "m"},
                                     {"CapacityStarved", kFalse, "AsExpected", "m"},
                                     {"Conflict", kFalse, "NoOtherScaler", "m"}};
  for (Finding& condition : conditions) {
    if (condition.type == other.type) {
      condition = other;
    }
  }
  return conditions;
}

const std::vector<Finding> kGood = with({});

struct Case {
  Finding problem;
  bool warning;
  const char* over;
};

class ConditionEventsTest : public ::testing::TestWithParam<Case> {};

TEST_P(ConditionEventsTest, OnceWhenItBeginsAndOnceWhenItIsOver) {
  const auto& [problem, warning, over] = GetParam();
  ConditionEvents events;
  EXPECT_TRUE(events.changes(kGood).empty());
  const auto begun = events.changes(with(problem));
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0], (ConditionEvent{warning, problem.reason, problem.type + ": why"}));
  EXPECT_TRUE(events.changes(with(problem)).empty()) << "no news";
  const auto ended = events.changes(kGood);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0],
            (ConditionEvent{false, over, problem.type + ": m; no longer " + problem.reason}));
  EXPECT_TRUE(events.changes(kGood).empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, ConditionEventsTest,
    ::testing::Values(
        Case{{"CapacityStarved", kTrue, "StartDeadlineExceeded", "why"}, true, "AsExpected"},
        Case{{"Conflict", kTrue, "AnotherScaler", "why"}, true, "NoOtherScaler"},
        Case{{"ScalingActive", kFalse, "ManualOverride", "why"}, false, "Enforcing"},
        Case{{"ScalingActive", kFalse, "WriteFailed", "why"}, true, "Enforcing"},
        Case{{"ScalingActive", kFalse, "TargetNotFound", "why"}, true, "Enforcing"},
        Case{{"MetricsAvailable", kFalse, "MetricsMissing", "why"}, true, "Fresh"}));

TEST(ConditionEventsOnceTest, ChoicesAndFirstMomentsAreNoNews) {
  ConditionEvents events;
  EXPECT_TRUE(events.changes(with({"MetricsAvailable", kFalse, "MetricsMissing", "m"})).empty())
      << "an operator that just started has seen nothing yet";
  EXPECT_TRUE(events.changes(with({"ScalingActive", kFalse, "Advising", "m"})).empty());
  EXPECT_TRUE(events.changes(with({"MetricsAvailable", kTrue, "PodsMissing", "m"})).empty());
}

TEST(ConditionEventsOnceTest, AnotherReasonIsNews) {
  ConditionEvents events;
  events.changes(kGood);
  EXPECT_EQ(events.changes(with({"MetricsAvailable", kFalse, "MetricsMissing", "m"})).size(), 1U);
  EXPECT_EQ(events.changes(with({"MetricsAvailable", kFalse, "CapacityUnknown", "m"})).size(), 1U);
}

TEST(ConditionEventsOnceTest, WhatGoesOnSinceBeforeARestartIsNoNews) {
  ConditionEvents events;
  events.adopt({{.type = "CapacityStarved", .status = kTrue, .reason = "StartDeadlineExceeded"},
                {.type = "Conflict", .status = kFalse, .reason = "NoOtherScaler"}});
  const Finding starved{"CapacityStarved", kTrue, "StartDeadlineExceeded", "m"};
  EXPECT_TRUE(events.changes(with(starved)).empty());
  const auto over = events.changes(kGood);
  ASSERT_EQ(over.size(), 1U) << "and that it is over is some";
  EXPECT_EQ(over[0].reason, "AsExpected");
}

}  // namespace
}  // namespace penstock::controllers

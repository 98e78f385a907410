#include "lib/api/selects.h"

#include <gtest/gtest.h>

namespace penstock::api {
namespace {

using enum LabelOperator;

LabelSelector labels(std::map<std::string, std::string> wanted) {
  return {.match_labels = std::move(wanted)};
}

LabelSelector expression(LabelExpression one) {
  return {.match_expressions = {std::move(one)}};
}

TEST(SelectsTest, LabelsAndEveryOperator) {
  const Labels pod = {{"app", "llm"}, {"tier", "web"}};
  EXPECT_TRUE(selects(labels({{"app", "llm"}}), pod));
  EXPECT_TRUE(selects(labels({{"app", "llm"}, {"tier", "web"}}), pod));
  EXPECT_FALSE(selects(labels({{"app", "other"}}), pod));
  EXPECT_FALSE(selects(labels({{"none", ""}}), pod)) << "an absent label is not an empty one";
  EXPECT_TRUE(selects(expression({"tier", kIn, {"web", "batch"}}), pod));
  EXPECT_FALSE(selects(expression({"tier", kIn, {"batch"}}), pod));
  EXPECT_FALSE(selects(expression({"tier", kNotIn, {"web"}}), pod));
  EXPECT_TRUE(selects(expression({"none", kNotIn, {"web"}}), pod));
  EXPECT_TRUE(selects(expression({"tier", kExists, {}}), pod));
  EXPECT_FALSE(selects(expression({"tier", kDoesNotExist, {}}), pod));
  EXPECT_TRUE(selects(expression({"none", kDoesNotExist, {}}), {}));
}

TEST(MayOverlapTest, OnlyWhereOneLabelMustDifferIsItCertainThatNot) {
  EXPECT_TRUE(may_overlap(labels({{"app", "a"}}), labels({{"tier", "b"}})));
  EXPECT_FALSE(may_overlap(labels({{"app", "a"}}), labels({{"app", "b"}})));
  EXPECT_FALSE(may_overlap(labels({{"app", "a"}}), expression({"app", kIn, {"b", "c"}})));
  EXPECT_TRUE(may_overlap(labels({{"app", "a"}}), expression({"app", kIn, {"a", "c"}})));
  EXPECT_FALSE(may_overlap(labels({{"app", "a"}}), expression({"app", kNotIn, {"a"}})));
  EXPECT_FALSE(may_overlap(labels({{"app", "a"}}), expression({"app", kDoesNotExist, {}})));
  EXPECT_TRUE(may_overlap(labels({{"app", "a"}}), expression({"app", kExists, {}})));
  EXPECT_FALSE(may_overlap(expression({"app", kIn, {"a"}}), expression({"app", kIn, {"b"}})));
  EXPECT_TRUE(may_overlap(expression({"app", kExists, {}}), expression({"app", kDoesNotExist, {}})))
      << "not proven apart, so both yield";
}

}  // namespace
}  // namespace penstock::api

#include "operator/kube/api.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/text.h"

namespace penstock::kube {
namespace {

ApiError error_with(const std::string& message) {
  return error_of({.status = 403, .body = json::Value({{"message", message}}).dump()});
}

TEST(ApiErrorTest, SaysWhatTheServerSaid) {
  const ApiError error = error_of({
      .status = 429,
      .body = R"({"reason": "TooManyRequests", "message": "not now", "details": )"
              R"({"retryAfterSeconds": 7, "causes": [{"reason": "DisruptionBudget"}]}})",
  });
  EXPECT_EQ(error.status, 429);
  EXPECT_EQ(error.reason, "TooManyRequests");
  EXPECT_EQ(error.message, "not now");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(7));
  EXPECT_TRUE(error.held_by_budget());
}

TEST(ApiErrorTest, WhatAdmissionSaysInSeveralLinesIsOne) {
  EXPECT_EQ(error_with("admission webhook denied the request: \n\nConfigMap was blocked:\n\n"
                       "require-labels:\n  team: label is missing\n")
                .message,
            "admission webhook denied the request: ConfigMap was blocked: require-labels: team: "
            "label is missing");
}

TEST(ApiErrorTest, ALongMessageIsCutBetweenCharacters) {
  std::string text = "a";
  while (text.size() < 2'000) {
    text += "ä";
  }
  EXPECT_EQ(error_with(text).message, text.substr(0, 1'023));
}

TEST(ApiErrorTest, AnAnswerThatSaysNothingIsToldByItsNumber) {
  for (const char* body : {"", "{}", "<html>", R"({"message": "\n"})"}) {
    EXPECT_EQ(error_of({.status = 502, .body = body}).message, "the API server answered 502");
  }
}

}  // namespace
}  // namespace penstock::kube

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/operator/controllers/policies.h"

// Pods whose annotations the API server does not take.
namespace penstock::controllers {
namespace {

class UntoldPodsTest : public PolicyControllerTest {
 protected:
  UntoldPodsTest() {
    static_cast<void>(
        client_.create(kube::kPolicies.collection("ns"), {{"metadata", {{"name", "one"}}}}));
    reconcile("one");
    const auto map = client_.get(kube::kConfigMaps.object("ns", "penstock-one"));
    stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(*map)));
    clock_.advance(StatusWriter::kPause);
  }

  void put(const std::string& name) {
    stores_.pods.put(std::make_shared<const reconcile::Pod>(reconcile::pod(name, "one")));
    static_cast<void>(
        client_.create(kube::kPods.collection("ns"), {{"metadata", {{"name", name}}}}));
  }
  void fail(const std::string& pod, int status, int times = 1'000) {
    server_.fail_next(
        line(pod),
        {.status = status, .body = R"({"message": "no annotations here"})", .retry_after = ""},
        times);
  }
  [[nodiscard]] std::ptrdiff_t asked(const std::string& pod) const {
    return std::ranges::count_if(server_.requests(), [&pod](const std::string& request) {
      return request.starts_with(line(pod));
    });
  }
  static std::string line(const std::string& pod) {
    return "PATCH " + kube::kPods.object("ns", pod, "status") + "?";
  }
  // As the watch would: with the status that was written.
  void see_status() {
    reconcile::Policy seen = *stores_.policies.find("ns", "one");
    seen.status = (*client_.get(kube::kPolicies.object("ns", "one")))["status"];
    stores_.policies.put(std::make_shared<const reconcile::Policy>(std::move(seen)));
  }
  [[nodiscard]] bool is_told(const std::string& pod) {
    const auto now = client_.get(kube::kPods.object("ns", pod));
    return now->contains("/metadata/annotations/penstock.dev~1delivered"_json_pointer);
  }
  [[nodiscard]] json::Value degraded() {
    const json::Value status = (*client_.get(kube::kPolicies.object("ns", "one")))["status"];
    return *std::ranges::find_if(status["conditions"], [](const json::Value& condition) {
      return condition["type"] == "Degraded";
    });
  }
};

TEST_F(UntoldPodsTest, OneThatIsRefusedHoldsUpNeitherOthersNorTheStatusWhichSaysSo) {
  put("a");
  put("b");
  fail("a", 403, 1);
  const std::ptrdiff_t before = statuses_written("one");
  const kube::WorkOutcome outcome = reconcile("one");
  EXPECT_TRUE(outcome.succeeded) << outcome.problem;
  EXPECT_EQ(outcome.again_in, GrowingPause::kFirst) << "it is tried again";
  EXPECT_TRUE(is_told("b"));
  EXPECT_EQ(statuses_written("one"), before + 1);
  const std::string message = degraded()["message"];
  EXPECT_TRUE(degraded()["reason"] == "NotTold" || message.contains("NotTold")) << message;
  clock_.advance(StatusWriter::kPause);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_TRUE(is_told("a"));
}

TEST_F(UntoldPodsTest, WhatMayPassIsNotInTheStatus) {
  put("a");
  put("b");
  fail("a", 500);
  const std::ptrdiff_t before = statuses_written("one");
  EXPECT_FALSE(reconcile("one").succeeded);
  EXPECT_TRUE(is_told("b"));
  EXPECT_EQ(statuses_written("one"), before + 1);
  EXPECT_NE(degraded()["reason"], "NotTold");
}

TEST_F(UntoldPodsTest, ABusyServerIsNotAskedOfEveryPod) {
  put("a");
  put("b");
  fail("a", 429);
  EXPECT_FALSE(reconcile("one").succeeded);
  EXPECT_EQ(asked("b"), 0);
}

TEST_F(UntoldPodsTest, OneThatIsRefusedForGoodIsTriedLessAndLessOftenAndSaidOnce) {
  put("a");
  fail("a", 403);
  reconcile("one");
  const std::ptrdiff_t written = statuses_written("one");
  for (int i = 0; i < 60; ++i) {
    see_status();
    clock_.advance(std::chrono::seconds(1));
    EXPECT_TRUE(reconcile("one").succeeded);
  }
  EXPECT_EQ(asked("a"), 6) << "at 0, 1, 3, 7, 15 and 31 s";
  EXPECT_EQ(statuses_written("one"), written);
}

TEST_F(UntoldPodsTest, ManyThatAreRefusedEndARoundAndComeLastInTheNext) {
  for (std::size_t i = 0; i <= PodNotices::kFailuresMost; ++i) {
    put("a" + std::to_string(100 + i));
    fail("a" + std::to_string(100 + i), 403);
  }
  put("b");
  EXPECT_EQ(reconcile("one").again_in, GrowingPause::kFirst);
  EXPECT_FALSE(is_told("b"));
  const std::string last = "a" + std::to_string(100 + PodNotices::kFailuresMost);
  EXPECT_EQ(asked(last), 0);
  EXPECT_TRUE(reconcile("one").succeeded);
  EXPECT_TRUE(is_told("b"));
  EXPECT_EQ(asked(last), 1);
  const std::ptrdiff_t written = statuses_written("one");
  for (int i = 0; i < 10; ++i) {
    see_status();
    clock_.advance(std::chrono::seconds(1));
    reconcile("one");
  }
  EXPECT_EQ(statuses_written("one"), written);
}

}  // namespace
}  // namespace penstock::controllers

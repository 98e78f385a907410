#include "operator/controllers/pod_metrics.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/inline_background.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using enum api::ScalingTriggerType;
using reconcile::Pod;
using reconcile::Ptr;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kAsked = "GET /apis/metrics.k8s.io/v1beta1/namespaces/ns/pods";

// As metrics-server writes it.
constexpr const char* kAnswer =
    R"({"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[)"
    R"({"metadata":{"name":"one","namespace":"ns","creationTimestamp":"2026-01-01T00:00:00Z"},)"
    R"("timestamp":"2025-12-31T23:59:40Z","window":"15.034s","containers":[)"
    R"({"name":"engine","usage":{"cpu":"1500000000n","memory":"1048576Ki"}},)"
    R"({"name":"penstock-sidecar","usage":{"cpu":"250m","memory":"64Mi"}}]},)"
    R"({"metadata":{"name":"half","namespace":"ns"},"timestamp":"2025-12-31T23:59:40Z",)"
    R"("window":"15s","containers":[{"name":"engine","usage":{}}]}]})";

class PodMetricsTest : public ::testing::Test {
 protected:
  void serve() {
    server_.serve(
        "metrics.k8s.io/v1beta1",
        json::Value::array({{{"name", "pods"}, {"kind", "PodMetrics"}, {"namespaced", true}}}));
  }
  void answer(const std::string& body, int status = 200) {
    server_.fail_next(kAsked, {.status = status, .body = body, .retry_after = ""});
  }
  [[nodiscard]] std::ptrdiff_t asked() const {
    return std::ranges::count_if(
        server_.requests(), [](const std::string& request) { return request.starts_with(kAsked); });
  }

  fakes::FakeClock clock_;
  fakes::FakeApiServer server_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  kube::Discovery discovery_{client_, clock_};
  PodMetrics metrics_{client_, discovery_, clock_, std::make_unique<fakes::InlineBackground>()};
};

TEST_F(PodMetricsTest, ReadsWhatPodsUseAndAsksNotMoreOftenThanItIsMeasured) {
  serve();
  answer(kAnswer);
  const auto use = metrics_.of("ns");
  EXPECT_EQ(use->problem, "");
  ASSERT_EQ(use->pods.size(), 1U) << "a container without a reading leaves its pod unmeasured";
  const PodUse& one = use->pods.at("one");
  EXPECT_DOUBLE_EQ(one.cpu, 1.75);
  EXPECT_EQ(one.memory, (1'024.0 + 64) * 1'024 * 1'024);
  EXPECT_EQ(one.window, milliseconds(15'034));
  EXPECT_EQ(clock_.wall_now() - one.measured, seconds(20));
  EXPECT_EQ(metrics_.of("ns"), use);
  EXPECT_EQ(asked(), 1);
  clock_.advance(PodMetrics::kPeriod);
  answer(kAnswer);
  EXPECT_NE(metrics_.of("ns"), use);
  EXPECT_EQ(asked(), 2);
}

TEST_F(PodMetricsTest, AClusterWithoutItIsToldAndAskedAgain) {
  EXPECT_EQ(metrics_.of("ns")->problem,
            "the cluster serves no metrics.k8s.io; metrics-server would");
  serve();
  clock_.advance(kube::Discovery::kAbsentFor);
  answer(kAnswer);
  EXPECT_EQ(metrics_.of("ns")->problem, "");
}

TEST_F(PodMetricsTest, OneThatDoesNotAnswerIsToldAndAskedAgain) {
  serve();
  answer(R"({"kind":"Status","message":"service unavailable"})", 503);
  EXPECT_NE(metrics_.of("ns")->problem.find("metrics.k8s.io: "), std::string::npos);
  clock_.advance(PodMetrics::kPeriod);
  answer(kAnswer);
  EXPECT_EQ(metrics_.of("ns")->problem, "");
}

// metrics.k8s.io is served by somebody else, who may take all requests and answer none.
TEST_F(PodMetricsTest, OneThatHangsHoldsNobodyUp) {
  serve();
  server_.stall_next(kAsked);
  PodMetrics metrics(client_, discovery_, clock_);
  EXPECT_EQ(metrics.of("ns")->problem, "metrics.k8s.io has just been asked");
  server_.await_requests(kAsked, 1);
  clock_.advance(PodMetrics::kBelieved);
  EXPECT_EQ(metrics.of("ns")->problem, "metrics.k8s.io does not answer");
  EXPECT_EQ(asked(), 1) << "once at a time";
  server_.release();
}

class UsageTest : public ::testing::Test {
 protected:
  autoscale::UsageSight usage(api::ScalingTriggerType type) {
    return usage_of(type, {std::make_shared<const Pod>(pod_)}, use_, now_);
  }

  clock::WallTime now_ = std::chrono::sys_days(std::chrono::year(2026) / 2 / 1) + minutes(10);
  NamespaceUse use_{
      .pods = {
          {"one",
           {.cpu = 1.5, .memory = 4e9, .measured = now_ - seconds(10), .window = seconds(15)}}}};
  Pod pod_ = [] {
    Pod pod = reconcile::pod("one");
    pod.cpu_request = 2;
    pod.memory_request = 8e9;
    pod.meta.created = "2026-02-01T00:00:00Z";
    pod.ready_since = "2026-02-01T00:02:00Z";
    return pod;
  }();
};

TEST_F(UsageTest, WhatAPodUsesOfWhatItAsksFor) {
  const auto cpu = usage(kCpu);
  ASSERT_EQ(cpu.pods.size(), 1U);
  EXPECT_EQ(cpu.pods[0].usage, 1.5);
  EXPECT_EQ(cpu.pods[0].request, 2);
  EXPECT_TRUE(cpu.pods[0].ready);
  const auto memory = usage(kMemory);
  EXPECT_EQ(memory.pods[0].usage, 4e9);
  EXPECT_EQ(memory.pods[0].request, 8e9);
}

TEST_F(UsageTest, APodThatWasNotMeasuredIsMissing) {
  use_.pods.clear();
  EXPECT_EQ(usage(kCpu).pods.at(0).usage, std::nullopt);
}

TEST_F(UsageTest, TheCpuOfItsFirstMinutesIsOnlyBelievedOnceAWholeWindowWasReady) {
  pod_.meta.created = "2026-02-01T00:06:00Z";
  pod_.ready_since = "2026-02-01T00:09:36Z";  // 24 seconds ago, and 14 before the sample
  EXPECT_FALSE(usage(kCpu).pods.at(0).ready);
  pod_.ready_since = "2026-02-01T00:09:35Z";
  EXPECT_TRUE(usage(kCpu).pods.at(0).ready);
  pod_.ready = false;
  EXPECT_FALSE(usage(kCpu).pods.at(0).ready);
  EXPECT_TRUE(usage(kMemory).pods.at(0).ready) << "memory is what it is";
}

TEST_F(UsageTest, AContainerThatAsksForNothingIsTold) {
  pod_.cpu_request = 0;
  EXPECT_EQ(usage(kCpu).problem, "not every container of pod one requests cpu");
  EXPECT_EQ(usage(kMemory).problem, "");
}

}  // namespace
}  // namespace penstock::controllers

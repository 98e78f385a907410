#include "operator/autoscale/service_tracker.h"

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);
constexpr RequestShape kShape{.input_tokens = 1'000, .output_tokens = 200};

// `count` requests that took about `latency_s` each.
Histogram latencies(double latency_s, std::uint64_t count) {
  return {.bounds_s = {latency_s * 0.99, latency_s * 1.01},
          .counts = {0, count, 0},
          .sum_s = latency_s * static_cast<double>(count)};
}

Demand demand(double requests_per_s, double ttft_s, double tpot_s) {
  Demand seen{.total = {.requests = requests_per_s}, .reporting = 1};
  seen.ttft = latencies(ttft_s, 10);
  seen.tpot = latencies(tpot_s, 10);
  return seen;
}

// What the queue model itself says that a replica shows at this rate.
Demand modelled(double requests_per_s, const RequestShape& shape = kShape) {
  const Performance seen = QueueModel({}, shape, {}).at(requests_per_s);
  return demand(requests_per_s, seen.ttft_ms / 1e3, seen.itl_ms / 1e3);
}

void observe(ServiceTracker& tracker, int from_s, int to_s, const Demand& seen,
             const Objectives& objectives, const RequestShape& shape = kShape) {
  for (int second = from_s; second < to_s; ++second) {
    tracker.observe(kStart + seconds(second), seen, shape, 1, objectives);
  }
}

TEST(ServiceTrackerTest, SaysNothingBeforeItIsTrained) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 60, modelled(5), objectives);
  EXPECT_FALSE(tracker.look(kShape, objectives).sustainable_per_s);
  EXPECT_FALSE(tracker.look(kShape, objectives).model);
}

TEST(ServiceTrackerTest, FindsTheRateThatTheObjectivesAllow) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 900, modelled(5), objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  ASSERT_TRUE(view.model);
  const double exact = QueueModel({}, kShape, {}).sustainable(view.objectives).requests_per_s;
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), exact, exact * 0.1);
}

// A day of load within the objectives, then nonsense: latencies a hundredfold at hardly any load.
TEST(ServiceTrackerTest, WhatReplicasWereSeenToCarryStands) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 3'600, modelled(8), objectives);
  observe(tracker, 3'600, 14'400, demand(0.5, 20, 2), objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  EXPECT_GE(view.sustainable_per_s.value_or(0), 8);
  // Twice the prompt: of that, half as many.
  const RequestShape longer{.input_tokens = 2'000, .output_tokens = 200};
  EXPECT_GE(tracker.look(longer, objectives).sustainable_per_s.value_or(0), 4);
}

// A burst at thirty times the rate that is carried: the few first tokens that it has seen were
// fast.
TEST(ServiceTrackerTest, ABurstThatStillWaitsProvesNothing) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 600, modelled(5), objectives);
  const double before = tracker.look(kShape, objectives).sustainable_per_s.value_or(0);
  Demand burst = modelled(5);
  burst.total.requests = 150;
  burst.waiting = 4'000;
  observe(tracker, 600, 630, burst, objectives);
  EXPECT_LT(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), 1.5 * before);
  burst.waiting = 0;
  observe(tracker, 630, 690, burst, objectives);
  EXPECT_GE(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), 150)
      << "carried, it does";
}

// 20,000 prompt tokens take a second by themselves; nobody asks for endless replicas for that.
TEST(ServiceTrackerTest, AnObjectiveThatNoReplicaReachesIsRelaxed) {
  ServiceTracker tracker(95);
  const RequestShape prompts{.input_tokens = 20'000, .output_tokens = 200};
  const Objectives objectives{.ttft_ms = 500};
  observe(tracker, 0, 900, modelled(0.2, prompts), objectives, prompts);
  const ServiceView view = tracker.look(prompts, objectives);
  ASSERT_TRUE(view.sustainable_per_s);
  const double most = QueueModel({}, prompts, {}).rate_max();
  EXPECT_GT(*view.sustainable_per_s, 0.25 * most);
  EXPECT_GT(view.objectives.ttft_ms.value_or(0), 1'000);
}

TEST(ServiceTrackerTest, WithoutObjectivesThereIsNoRate) {
  ServiceTracker tracker(95);
  observe(tracker, 0, 900, modelled(5), {});
  EXPECT_FALSE(tracker.look(kShape, {}).sustainable_per_s);
  EXPECT_TRUE(tracker.look(kShape, {}).model);
}

}  // namespace
}  // namespace penstock::autoscale

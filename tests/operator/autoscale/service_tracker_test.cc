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
  const double running = requests_per_s * (ttft_s + kShape.output_tokens * tpot_s);
  Demand seen{.total = {.requests = requests_per_s,
                        .prefill = 10 * kShape.input_tokens,
                        .decode = 10 * kShape.output_tokens},
              .running = running,
              .waiting = 0,
              .batch = running};
  seen.reporting = 1;
  seen.ended = 10;
  seen.ttft = latencies(ttft_s, 10);
  seen.tpot = latencies(tpot_s, 10);
  return seen;
}

// What the queue model itself says that a replica shows at this rate.
Demand modelled(double requests_per_s, const RequestShape& shape = kShape,
                const ServiceParameters& engine = {}) {
  const Performance seen = QueueModel(engine, shape, {}).at(requests_per_s);
  Demand result = demand(requests_per_s, seen.ttft_ms / 1e3, seen.itl_ms / 1e3);
  result.total.prefill = 10 * shape.input_tokens;
  result.total.decode = 10 * shape.output_tokens;
  result.running = seen.served;
  result.batch = seen.served;
  return result;
}

// What requests see that are always served with so many others.
Demand in_batch(double batch, const RequestShape& shape = kShape) {
  const BatchLatency latency({}, shape);
  const double itl_ms = latency.decode_ms(batch);
  Demand seen = demand(2, (latency.prefill_ms(batch) + itl_ms) / 1e3, itl_ms / 1e3);
  seen.total.prefill = 10 * shape.input_tokens;
  seen.total.decode = 10 * shape.output_tokens;
  seen.running = batch;
  seen.batch = batch;
  return seen;
}

// As many times slower than the engine of the model's defaults.
ServiceParameters slower(double times) {
  const ServiceParameters engine;
  return {.a = times * engine.a, .b = times * engine.b, .g = times * engine.g};
}

double exact_per_s(const ServiceView& view, const ServiceParameters& engine) {
  return QueueModel(engine, kShape, {}).sustainable(view.objectives).requests_per_s;
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

// Latencies are told of streamed calls alone, tokens of all.
TEST(ServiceTrackerTest, CallsThatAreNotStreamedMakeNoRequestLonger) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  Demand seen = modelled(5);
  for (double* amount : {&*seen.total.prefill, &*seen.total.decode, &seen.ended}) {
    *amount *= 5;
  }
  observe(tracker, 0, 3'600, seen, objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  const double exact = exact_per_s(view, {});
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), exact, 0.05 * exact);
}

// Whoever says what waits beside it, an engine, says what it runs; others count a queue with it.
TEST(ServiceTrackerTest, WhatAnEngineRunsAtOnceIsBelieved) {
  ServiceTracker tracker(95);
  const auto batch_max = [&](const Demand& seen, int from_s) {
    observe(tracker, from_s, from_s + 900, seen, {});
    const ServiceView view = tracker.look(kShape, {});
    return view.model ? view.model->bounds.batch_max : 0;
  };
  tracker.set_batch_max(4);
  Demand untold = in_batch(6);
  untold.waiting.reset();
  EXPECT_EQ(batch_max(untold, 0), 4);
  EXPECT_EQ(batch_max(in_batch(6), 900), 6);
  EXPECT_EQ(batch_max(in_batch(2), 1'800), 6) << "it can, whatever it does now";
  tracker.set_batch_max(40);
  EXPECT_EQ(batch_max(in_batch(2), 2'700), 40);
  tracker.set_batch_max(4);
  tracker.renew();
  EXPECT_EQ(batch_max(in_batch(2), 3'600), 4) << "another engine";
}

// An hour of load within the objectives, and a model that is told of a batch too small for it.
TEST(ServiceTrackerTest, WhatReplicasWereSeenToCarryStands) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  Demand untold = modelled(8);
  untold.waiting.reset();
  observe(tracker, 0, 3'600, untold, objectives);
  tracker.set_batch_max(4);
  const ServiceView view = tracker.look(kShape, objectives);
  EXPECT_GE(view.sustainable_per_s.value_or(0), 8);
  EXPECT_FALSE(view.model) << "nor is it asked about latencies";
  // Twice the prompt: of that, half as many.
  const RequestShape longer{.input_tokens = 2'000, .output_tokens = 200};
  EXPECT_GE(tracker.look(longer, objectives).sustainable_per_s.value_or(0), 4);
}

TEST(ServiceTrackerTest, WhatWasCarriedWithinOtherObjectivesProvesNothing) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  const auto seen = [&] { return tracker.look(kShape, objectives).sustainable_per_s.value_or(0); };
  Demand untold = modelled(8);
  untold.waiting.reset();
  observe(tracker, 0, 3'600, untold, objectives);
  tracker.set_batch_max(4);
  const double proven = seen();
  tracker.set_percentile(95);
  EXPECT_EQ(seen(), proven) << "the same one";
  tracker.set_percentile(99);
  EXPECT_LT(seen(), 0.9 * proven);
}

// Half a minute of load, again and again, and as long without: what is carried on end is half.
TEST(ServiceTrackerTest, BurstsThatAreApartProveTheirMean) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 601, modelled(5), objectives);
  Demand burst = modelled(5);
  burst.total.requests = 150;
  for (int second = 601; second < 3'600; second += 60) {
    observe(tracker, second, second + 30, burst, objectives);
    observe(tracker, second + 30, second + 60, Demand{.total = {.requests = 0}, .reporting = 1},
            objectives);
  }
  EXPECT_LT(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), 100);
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
  EXPECT_LT(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), 1.5 * before)
      << "a minute is chance";
  observe(tracker, 690, 1'020, burst, objectives);
  EXPECT_GE(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), 150)
      << "carried, it does";
}

// A new image without a new template, a GPU that throttles: a third slower, then twice as fast.
TEST(ServiceTrackerTest, AnotherEngineIsLearnedWithinTenMinutes) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 7'200, modelled(8), objectives);
  int second = 7'200;
  for (const double times : {1.3, 0.6, 3.0}) {
    const ServiceParameters engine = slower(times);
    for (const int end = second + 600; second < end; second += 60) {
      observe(tracker, second, second + 60, modelled(second % 120 == 0 ? 2 : 3, kShape, engine),
              objectives);
    }
    const ServiceView view = tracker.look(kShape, objectives);
    const double exact = exact_per_s(view, engine);
    EXPECT_NEAR(view.sustainable_per_s.value_or(0), exact, 0.1 * exact) << times;
  }
}

// Half of the requests come in bursts that fill the batch, at a mean rate that alone would not. To
// the queue, which knows rates, that is a slow engine.
TEST(ServiceTrackerTest, BurstsMakeNoSlowEngine) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 1'800, in_batch(4), objectives);
  const double exact = exact_per_s(tracker.look(kShape, objectives), {});
  for (int second = 1'800; second < 86'400; second += 60) {
    observe(tracker, second, second + 30, in_batch(4), objectives);
    observe(tracker, second + 30, second + 60, in_batch(50), objectives);
    const double found = tracker.look(kShape, objectives).sustainable_per_s.value_or(0);
    ASSERT_NEAR(found, exact, 0.05 * exact) << second;
  }
}

// Without the engine's metrics nobody tells of its queue; a long first token is then no slow
// engine.
TEST(ServiceTrackerTest, AQueueThatNobodyTellsOfMakesNoSlowEngine) {
  ServiceTracker tracker(95);
  const Objectives objectives{.itl_ms = 50};
  observe(tracker, 0, 3'600, modelled(8), objectives);
  tracker.set_batch_max(64);
  Demand queued = modelled(8);
  queued.ttft = latencies(20, 10);
  queued.waiting.reset();
  observe(tracker, 3'600, 7'200, queued, objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  const double exact = exact_per_s(view, {});
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), exact, 0.05 * exact);
}

// It may serve one request at once, and then is as fast in each token as one that serves dozens.
TEST(ServiceTrackerTest, OfAnEngineThatTellsNeitherQueueNorBatchWhatItCarriesIsKnown) {
  const Objectives objectives{.ttft_ms = 2'000};
  Demand untold = in_batch(1);
  untold.waiting.reset();
  ServiceTracker tracker(95);
  observe(tracker, 0, 900, untold, objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), 2, 1e-9);
  EXPECT_FALSE(view.model);
  EXPECT_NEAR(tracker.look(kShape, objectives, 0.5).sustainable_per_s.value_or(0), 4, 1e-9)
      << "of which half is planned with";
  untold.ttft = latencies(20, 10);
  observe(tracker, 900, 3'600, untold, objectives);
  EXPECT_NEAR(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), 2, 1e-9)
      << "behind, it carries no more";
  tracker.set_batch_max(64);
  EXPECT_TRUE(tracker.look(kShape, objectives).model) << "it is told";
}

TEST(ServiceTrackerTest, WithoutAFirstTokenNothingShowsThatAnUntoldQueueGrows) {
  ServiceTracker tracker(95);
  const Objectives objectives{.itl_ms = 50};
  Demand untold = in_batch(1);
  untold.waiting.reset();
  observe(tracker, 0, 3'600, untold, objectives);
  EXPECT_FALSE(tracker.look(kShape, objectives).sustainable_per_s);
  observe(tracker, 3'600, 3'660, in_batch(1), objectives);
  const double told = tracker.look(kShape, objectives).sustainable_per_s.value_or(0);
  EXPECT_GT(told, 2);
  observe(tracker, 3'660, 3'720, untold, objectives);
  EXPECT_NEAR(tracker.look(kShape, objectives).sustainable_per_s.value_or(0), told, 0.1 * told)
      << "missed once";
  tracker.renew();
  observe(tracker, 3'720, 3'780, untold, objectives);
  EXPECT_FALSE(tracker.look(kShape, objectives).sustainable_per_s) << "another engine";
}

TEST(ServiceTrackerTest, AFewRequestsAMinuteAreGathered) {
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  const auto known_after_an_hour = [&](int every_s) {
    ServiceTracker tracker(95);
    for (int second = 0; second < 3'600; ++second) {
      Demand seen = in_batch(1);
      seen.total.requests = 1.0 / every_s;
      const std::uint64_t ended = second % every_s == 0 ? 1 : 0;
      seen.ttft = latencies(seen.ttft.mean_s().value_or(0), ended);
      seen.tpot = latencies(seen.tpot.mean_s().value_or(0), ended);
      observe(tracker, second, second + 1, seen, objectives);
    }
    return tracker.look(kShape, objectives).sustainable_per_s.has_value();
  };
  EXPECT_TRUE(known_after_an_hour(10));
  EXPECT_FALSE(known_after_an_hour(200)) << "three in ten minutes are no mean";
}

// A quarter of an hour's mean request is not that of the minute: prompts that are thrice as long
// for a while make no slow engine.
TEST(ServiceTrackerTest, LongerPromptsMakeNoSlowEngine) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 3'600, in_batch(20), objectives);
  const RequestShape longer{.input_tokens = 3'000, .output_tokens = 200};
  observe(tracker, 3'600, 4'200, in_batch(20, longer), objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  const double exact = exact_per_s(view, {});
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), exact, 0.05 * exact);
}

// A template's new revision may be a new engine: what the old one carried is no proof any more.
TEST(ServiceTrackerTest, WhatTheLastRevisionCarriedProvesNothing) {
  ServiceTracker tracker(95);
  const Objectives objectives{.ttft_ms = 2'000, .itl_ms = 50};
  observe(tracker, 0, 3'600, modelled(8), objectives);
  tracker.renew();
  observe(tracker, 3'600, 3'900, modelled(3, kShape, slower(2)), objectives);
  const ServiceView view = tracker.look(kShape, objectives);
  const double exact = exact_per_s(view, slower(2));
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), exact, 0.1 * exact);
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

TEST(ServiceTrackerTest, WithoutObjectivesTheRateIsAllThatAReplicaCanDo) {
  ServiceTracker tracker(95);
  observe(tracker, 0, 900, modelled(5), {});
  const ServiceView view = tracker.look(kShape, {});
  ASSERT_TRUE(view.model);
  const QueueModel queue(view.model->parameters, kShape, view.model->bounds);
  EXPECT_NEAR(view.sustainable_per_s.value_or(0), queue.rate_max(), 1e-3);
  Demand untold = modelled(5);
  untold.waiting.reset();
  observe(tracker, 900, 960, untold, {});
  EXPECT_FALSE(tracker.look(kShape, {}).sustainable_per_s) << "it may have more than it can do";
}

}  // namespace
}  // namespace penstock::autoscale

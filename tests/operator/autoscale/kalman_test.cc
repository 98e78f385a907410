#include "operator/autoscale/kalman.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

const ServiceParameters kTrue{.a = 6, .b = 0.05, .g = 2e-5};

// A fixed sequence in (-1, 1) with mean near 0.
class Noise {
 public:
  double next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) / 4503599627370496.0 - 1;
  }

 private:
  std::uint64_t state_ = 42;
};

// What an engine with these parameters shows in a batch and of a shape that wander, so that all
// three parameters matter. `noise` is a half-width, relative.
ServiceObservation observation(const ServiceParameters& engine, int step, double noise,
                               Noise& from) {
  const double input = step % 3 == 0 ? 3'000 : step % 3 == 1 ? 300 : 1'200;
  const double output = step % 2 == 0 ? 100 : 400;
  ServiceObservation seen{.batch = 5.0 + (step * 7) % 50, .shape = {input, output}};
  const BatchLatency latency(engine, seen.shape);
  const double itl_ms = latency.decode_ms(seen.batch);
  seen.ttft_ms = (latency.prefill_ms(seen.batch) + itl_ms) * (1 + noise * from.next());
  seen.itl_ms = itl_ms * (1 + noise * from.next());
  return seen;
}

void expect_near(const ServiceParameters& found, const ServiceParameters& expected,
                 double relative) {
  EXPECT_NEAR(found.a, expected.a, relative * expected.a);
  EXPECT_NEAR(found.b, expected.b, relative * expected.b);
  EXPECT_NEAR(found.g, expected.g, relative * expected.g);
}

TEST(ParameterFilterTest, ConvergesFromAFactorOfTwoAway) {
  ParameterFilter filter({.a = 12, .b = 0.025, .g = 4e-5});
  Noise noise;
  for (int step = 0; step < 500; ++step) {
    filter.observe(observation(kTrue, step, 0, noise));
  }
  expect_near(filter.parameters(), kTrue, 0.02);
}

TEST(ParameterFilterTest, ConvergesUnderNoise) {
  ParameterFilter filter({.a = 12, .b = 0.025, .g = 4e-5});
  Noise noise;
  for (int step = 0; step < 1'000; ++step) {
    filter.observe(observation(kTrue, step, 0.15, noise));
  }
  const ServiceParameters found = filter.parameters();
  EXPECT_NEAR(found.a, kTrue.a, 0.15 * kTrue.a);
  EXPECT_NEAR(found.b, kTrue.b, 0.10 * kTrue.b);
  EXPECT_GT(filter.accepted(), 950);
  // What matters in the end: the rate that keeps objectives.
  const Objectives objectives{.ttft_ms = 500, .itl_ms = 24};
  const double rate =
      QueueModel(found, {1'154, 211}, {64, 256}).sustainable(objectives).requests_per_s;
  EXPECT_NEAR(rate, 9.887, 0.05 * 9.887);
}

TEST(ParameterFilterTest, AnOutlierIsRefusedAndChangesNothing) {
  ParameterFilter filter(kTrue);
  Noise noise;
  for (int step = 0; step < 100; ++step) {
    filter.observe(observation(kTrue, step, 0.05, noise));
  }
  const ServiceParameters before = filter.parameters();
  const std::array<double, 3> certain = filter.deviations();
  ServiceObservation wild = observation(kTrue, 100, 0, noise);
  *wild.ttft_ms *= 10;
  EXPECT_EQ(filter.observe(wild), Update::kRefused);
  *wild.ttft_ms /= 1'000;
  EXPECT_EQ(filter.observe(wild), Update::kRefused);
  EXPECT_EQ(filter.parameters(), before);
  EXPECT_EQ(filter.deviations(), certain);
}

TEST(ParameterFilterTest, OneOutlierInFiveDoesNotMoveIt) {
  ParameterFilter filter(kTrue);
  Noise noise;
  for (int step = 0; step < 1'000; ++step) {
    ServiceObservation seen = observation(kTrue, step, 0.05, noise);
    if (step >= 50 && step % 5 == 0) {
      seen.itl_ms *= 4;
    }
    filter.observe(seen);
  }
  expect_near(filter.parameters(), kTrue, 0.05);
}

// A new model version on the same pods: the gate must not lock the filter out for good.
TEST(ParameterFilterTest, AnEngineThatChangedIsLearnedAnew) {
  ParameterFilter filter(kTrue);
  Noise noise;
  for (int step = 0; step < 200; ++step) {
    filter.observe(observation(kTrue, step, 0.05, noise));
  }
  const ServiceParameters slower{.a = 18, .b = 0.15, .g = 6e-5};
  for (int step = 0; step < 500; ++step) {
    filter.observe(observation(slower, step, 0.05, noise));
  }
  expect_near(filter.parameters(), slower, 0.1);
}

// What waited tells of the queue, and is left out: the batch alone says what matters.
TEST(ParameterFilterTest, FirstTokensMayBeLeftOut) {
  ParameterFilter filter({.a = 12, .b = 0.1, .g = 4e-5});
  Noise noise;
  for (int step = 0; step < 500; ++step) {
    ServiceObservation seen = observation(kTrue, step, 0.05, noise);
    seen.ttft_ms.reset();
    filter.observe(seen);
  }
  const ServiceParameters found = filter.parameters();
  for (const double batch : {5.0, 30.0, 64.0}) {
    const RequestShape shape{1'154, 211};
    const double exact = BatchLatency(kTrue, shape).decode_ms(batch);
    EXPECT_NEAR(BatchLatency(found, shape).decode_ms(batch), exact, 0.05 * exact);
  }
}

// From batches of one size nothing is known of others, but that engines differ in speed more than
// in what makes them slow: one that is thrice as slow there is taken to be so everywhere.
TEST(ParameterFilterTest, OneBatchTellsOfOthersByTheSpeedOfTheEngine) {
  ParameterFilter filter(kTrue);
  const ServiceParameters slower{.a = 18, .b = 0.15, .g = 6e-5};
  const RequestShape shape{1'154, 211};
  const BatchLatency latency(slower, shape);
  for (int step = 0; step < 10; ++step) {
    filter.observe({.batch = 3, .shape = shape, .itl_ms = latency.decode_ms(3)});
  }
  EXPECT_NEAR(BatchLatency(filter.parameters(), shape).decode_ms(64), latency.decode_ms(64),
              0.15 * latency.decode_ms(64));
}

TEST(ParameterFilterTest, ParametersStayPositiveWhateverIsSeen) {
  ParameterFilter filter(kTrue);
  Noise noise;
  for (int step = 0; step < 300; ++step) {
    ServiceObservation seen = observation(kTrue, step, 0, noise);
    *seen.ttft_ms *= std::exp(20 * noise.next());
    seen.itl_ms *= std::exp(20 * noise.next());
    filter.observe(seen);
  }
  const ServiceParameters found = filter.parameters();
  EXPECT_TRUE(found.a > 0 && found.b > 0 && found.g > 0);
  EXPECT_TRUE(std::isfinite(found.a + found.b + found.g));
}

TEST(ParameterFilterTest, WhatIsNoLatencyIsUnusable) {
  ParameterFilter filter(kTrue);
  Noise noise;
  for (const double wrong : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    ServiceObservation seen = observation(kTrue, 0, 0, noise);
    seen.ttft_ms = wrong;
    EXPECT_EQ(filter.observe(seen), Update::kUnusable);
    seen = observation(kTrue, 0, 0, noise);
    seen.batch = wrong;
    EXPECT_EQ(filter.observe(seen), Update::kUnusable);
  }
  EXPECT_EQ(filter.accepted(), 0);
}

}  // namespace
}  // namespace penstock::autoscale

#include "operator/autoscale/queue_model.h"

#include <cmath>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

// A public parameter set; the values below come from a plain evaluation of the formulas in another
// language.
const ServiceParameters kParameters{.a = 6, .b = 0.05, .g = 2e-5};
const RequestShape kShape{.input_tokens = 1'154, .output_tokens = 211};
const EngineBounds kBounds{.batch_max = 64, .queue_max = 256};

TEST(QueueModelTest, ReproducesTheKnownVector) {
  const QueueModel model(kParameters, kShape, kBounds);
  const SustainableRate rate = model.sustainable({.ttft_ms = 500, .itl_ms = 24});
  EXPECT_NEAR(rate.requests_per_s, 9.88748, 1e-4);
  EXPECT_EQ(rate.bound_by, BoundBy::kItl);
  EXPECT_EQ(std::round(rate.served), 51);
  EXPECT_NEAR(model.sustainable({.ttft_ms = 500}).requests_per_s, 9.91588, 1e-4);
}

TEST(QueueModelTest, EvaluatesOneRate) {
  const Performance seen = QueueModel(kParameters, kShape, kBounds).at(9.9);
  EXPECT_NEAR(seen.throughput, 9.89999999, 1e-7);
  EXPECT_NEAR(seen.served, 51.0921842, 1e-6);
  EXPECT_NEAR(seen.wait_ms, 370.412705, 1e-5);
  EXPECT_NEAR(seen.ttft_ms, 475.943942, 1e-5);
  EXPECT_NEAR(seen.itl_ms, 24.0728355, 1e-6);
  EXPECT_NEAR(seen.refused, 8.397657e-10, 1e-15);
}

// Where the closed form of the waiting room takes over from the sum, they agree.
TEST(QueueModelTest, TheWaitingRoomHasNoSeam) {
  const QueueModel model(kParameters, kShape, kBounds);
  const double full = model.rate_max() / 0.999;
  const Performance below = model.at(full * (1 - 5.0001e-4));
  const Performance above = model.at(full * (1 - 4.9999e-4));
  EXPECT_NEAR(below.wait_ms, above.wait_ms, 1e-5 * above.wait_ms);
  EXPECT_NEAR(below.refused, above.refused, 1e-5 * above.refused);
  EXPECT_LT(below.wait_ms, above.wait_ms);
}

// N = 1, Q = 1 by hand: a = 10, b = g = 0 in effect, I = 0, O = 1, so pre = dec = 10 and mu = 1/20.
// lambda = 1/20: p = 1/3 each, X = 1/30 per ms, served 2/3, present 1, S = 20, W = 10.
TEST(QueueModelTest, ThreeStatesByHand) {
  const QueueModel model({.a = 10, .b = 1e-12, .g = 1e-12}, {0, 1}, {1, 1});
  const Performance seen = model.at(50);
  EXPECT_NEAR(seen.throughput, 1'000.0 / 30, 1e-6);
  EXPECT_NEAR(seen.served, 2.0 / 3, 1e-9);
  EXPECT_NEAR(seen.refused, 1.0 / 3, 1e-9);
  EXPECT_NEAR(seen.wait_ms, 10, 1e-6);
  EXPECT_NEAR(seen.itl_ms, 10, 1e-6);
  EXPECT_NEAR(seen.ttft_ms, 30, 1e-6);
}

TEST(QueueModelTest, AnImpossibleObjectiveIsZeroAndNoneIsTheMaximum) {
  const QueueModel model(kParameters, kShape, kBounds);
  const SustainableRate impossible = model.sustainable({.itl_ms = 1});
  EXPECT_EQ(impossible.requests_per_s, 0);
  EXPECT_EQ(impossible.bound_by, BoundBy::kItl);
  const SustainableRate free = model.sustainable({});
  EXPECT_EQ(free.requests_per_s, model.rate_max());
  EXPECT_NEAR(model.rate_max(), 0.999 * 10.569138, 1e-5);
  EXPECT_EQ(free.bound_by, BoundBy::kNothing);
  EXPECT_EQ(model.sustainable({.ttft_ms = 1e9}).bound_by, BoundBy::kNothing);
}

TEST(QueueModelTest, LatencyGrowsWithLoad) {
  const QueueModel model(kParameters, kShape, kBounds);
  Performance before = model.at(0.01);
  for (double rate = 0.5; rate < 12; rate += 0.25) {
    const Performance seen = model.at(rate);
    EXPECT_GE(seen.ttft_ms, before.ttft_ms) << rate;
    EXPECT_GE(seen.itl_ms, before.itl_ms) << rate;
    before = seen;
  }
}

// The weights of 4,096 states reach far beyond what a double holds.
TEST(QueueModelTest, LargeEnginesAndOverloadStayFinite) {
  const QueueModel model({.a = 5, .b = 1e-4, .g = 1e-7}, {512, 256}, {4'096, 60'000});
  for (const double share : {0.01, 0.5, 0.999, 1.5, 100.0}) {
    const Performance seen = model.at(model.rate_max() * share);
    EXPECT_TRUE(std::isfinite(seen.ttft_ms) && std::isfinite(seen.itl_ms)) << share;
    EXPECT_GE(seen.refused, 0) << share;
    EXPECT_LE(seen.throughput, model.rate_max() / 0.999 * 1.000001) << share;
  }
}

TEST(QueueModelTest, ShapesAndBoundsOutOfRangeAreMadeToFit) {
  const Performance seen = QueueModel(kParameters, {-5, 0}, {0, -3}).at(1);
  EXPECT_TRUE(std::isfinite(seen.ttft_ms));
  EXPECT_GT(seen.itl_ms, 0);
}

}  // namespace
}  // namespace penstock::autoscale

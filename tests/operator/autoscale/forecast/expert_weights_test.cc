#include "operator/autoscale/forecast/expert_weights.h"

#include <cmath>

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

constexpr auto kLast = static_cast<std::size_t>(Expert::kLastValue);
constexpr auto kFast = static_cast<std::size_t>(Expert::kFastSmoothing);
constexpr auto kSlow = static_cast<std::size_t>(Expert::kSlowSmoothing);

ExpertValues two(double last, double fast) {
  ExpertValues values;
  values.at(kLast) = last;
  values.at(kFast) = fast;
  return values;
}

TEST(ExpertWeightsTest, StartsWithThePriors) {
  const ExpertWeights weights(0.5, 1);
  const ExpertValues forecasts = two(10, 20);
  const Weights start = weights.weights(forecasts);
  EXPECT_DOUBLE_EQ(start.at(kLast), 5.0 / 6);
  EXPECT_DOUBLE_EQ(start.at(kFast), 1.0 / 6);
  EXPECT_EQ(start.at(kSlow), 0);
  EXPECT_DOUBLE_EQ(combine(forecasts, start), 70.0 / 6);
}

TEST(ExpertWeightsTest, WeighsByTheErrorRelativeToTheBest) {
  ExpertWeights weights(0.5, 1);
  // Errors 6 / 16 = 0.375 and 4 / 20 = 0.2.
  weights.observe(two(10, 20), 16);
  double last = 5 * std::exp(-(0.375 / 0.2 - 1));
  EXPECT_NEAR(weights.weights(two(1, 1)).at(kLast), last / (last + 1), 1e-12);
  // Now 0 and 0.5, and what was counts half: (0.5 · 0.375 + 0) / 1.5 = 0.125, (0.1 + 0.5) / 1.5 =
  // 0.4.
  weights.observe(two(10, 20), 10);
  last = 5.0;
  const double fast = std::exp(-(0.4 / 0.125 - 1));
  EXPECT_NEAR(weights.weights(two(1, 1)).at(kLast), last / (last + fast), 1e-12);
}

TEST(ExpertWeightsTest, WhoJoinsLateStartsAsTheWorst) {
  ExpertWeights weights(0.5, 1);
  weights.observe(two(10, 20), 16);
  ExpertValues three = two(10, 20);
  three.at(kSlow) = 16;
  const Weights before = weights.weights(three);
  EXPECT_DOUBLE_EQ(before.at(kSlow) * 5, before.at(kLast));
  // One error of 0.375 that counts half, then one of 0: 0.125. The others keep 0.375 and 0.2.
  weights.observe(three, 16);
  const Weights after = weights.weights(three);
  EXPECT_NEAR(after.at(kFast) / after.at(kSlow), std::exp(-(0.2 / 0.125 - 1)), 1e-12);
}

TEST(ExpertWeightsTest, WithoutErrorsAllAreEqual) {
  ExpertWeights weights(0.9, 10);
  for (int bin = 0; bin < 100; ++bin) {
    weights.observe(two(0, 0), 0);
  }
  EXPECT_DOUBLE_EQ(weights.weights(two(0, 0)).at(kFast), 1.0 / 6);
}

TEST(ExpertWeightsTest, TheBestWithoutAForecastLeavesItToTheOthers) {
  ExpertWeights weights(0.9, 1000);
  weights.observe(two(10, 20), 20);
  ExpertValues only_last;
  only_last.at(kLast) = 10;
  EXPECT_EQ(weights.weights(only_last).at(kLast), 1);
}

}  // namespace
}  // namespace penstock::forecast

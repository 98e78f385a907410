#include "operator/autoscale/forecast/level_experts.h"

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

TEST(SimpleSmoothingTest, MovesByAlphaOfTheError) {
  SimpleSmoothing smoothing(0.5);
  EXPECT_EQ(smoothing.forecast(), std::nullopt);
  smoothing.observe(10);
  EXPECT_EQ(smoothing.forecast(), 10.0);
  smoothing.observe(20);
  EXPECT_EQ(smoothing.forecast(), 15.0);
  smoothing.observe(10);
  EXPECT_EQ(smoothing.forecast(), 12.5);
}

TEST(DampedTrendTest, DampsTheTrendWithTheHorizon) {
  DampedTrend drift({.level = 0.5, .trend = 0.5, .phi = 0.5});
  EXPECT_EQ(drift.forecast(1), std::nullopt);
  drift.observe(0, 10);
  EXPECT_EQ(drift.forecast(5), 10.0);
  // Level 10 + 0.5 · 10 = 15; trend 0.5 · (15 - 10) = 2.5.
  drift.observe(1, 20);
  EXPECT_DOUBLE_EQ(*drift.forecast(2), 15 + 0.5 * 2.5);
  EXPECT_DOUBLE_EQ(*drift.forecast(3), 15 + (0.5 + 0.25) * 2.5);
  // As forecast: the level goes there, the trend is damped and confirmed.
  drift.observe(2, 16.25);
  EXPECT_DOUBLE_EQ(*drift.forecast(3), 16.875);
}

TEST(DampedTrendTest, AGapIsCrossedAsForecast) {
  DampedTrend drift({.level = 0.5, .trend = 0.5, .phi = 0.5});
  drift.observe(0, 10);
  drift.observe(1, 20);
  // Two bins on, where 16.875 was forecast. Slope (16.875 - 15) / 2 = 0.9375, damped trend 0.625,
  // so the new trend is 0.625 + 0.5 · (0.9375 - 0.625) = 0.78125.
  drift.observe(3, 16.875);
  EXPECT_DOUBLE_EQ(*drift.forecast(4), 16.875 + 0.5 * 0.78125);
}

TEST(DampedTrendTest, NeverBelowZero) {
  DampedTrend drift({.level = 1, .trend = 1, .phi = 0.9});
  drift.observe(0, 100);
  drift.observe(1, 10);
  EXPECT_EQ(drift.forecast(2), 0.0);
}

TEST(DampedStepsTest, IsTheSumOfPowers) {
  EXPECT_DOUBLE_EQ(damped_steps(0.5, 0), 0);
  EXPECT_DOUBLE_EQ(damped_steps(0.5, 1), 0.5);
  EXPECT_DOUBLE_EQ(damped_steps(0.5, 3), 0.875);
}

}  // namespace
}  // namespace penstock::forecast

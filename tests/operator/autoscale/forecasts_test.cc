#include "operator/autoscale/forecasts.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

constexpr RequestShape kShape{.input_tokens = 100, .output_tokens = 10};

Time at_second(std::int64_t second) {
  return time_of(1'790'000'040'000 + second * 1'000);  // a whole minute
}

TEST(LoadForecastsTest, NothingIsExpectedBeforeAMinuteIsOver) {
  LoadForecasts forecasts;
  for (int second = 0; second < 60; ++second) {
    forecasts.add(at_second(second), 5);
    EXPECT_TRUE(forecasts.at(at_second(second), milliseconds(90'000), kShape).empty());
  }
  forecasts.add(at_second(60), 5);
  EXPECT_FALSE(forecasts.at(at_second(60), milliseconds(90'000), kShape).empty());
}

TEST(LoadForecastsTest, AConstantLoadIsExpectedToGoOnInEveryDimension) {
  LoadForecasts forecasts;
  for (int second = 0; second < 7'200; ++second) {
    forecasts.add(at_second(second), 5);
  }
  const auto expected = forecasts.at(at_second(7'200), milliseconds(440'000), kShape);
  ASSERT_EQ(expected.size(), 3U);
  EXPECT_TRUE(expected[0].trained);
  EXPECT_NEAR(expected[0].mean, 5, 0.05);
  EXPECT_EQ(expected[1].dimension, Dimension::kPrefill);
  EXPECT_NEAR(expected[1].mean, 500, 5);
  EXPECT_EQ(expected[2].dimension, Dimension::kDecode);
  EXPECT_NEAR(expected[2].mean, 50, 0.5);
  EXPECT_EQ(expected[0].horizon, milliseconds(440'000));
  EXPECT_TRUE(std::ranges::is_sorted(expected[0].upper, {}, &ForecastQuantile::value));
}

TEST(LoadForecastsTest, WhatRisesEachDayIsExpectedBeforeItRises) {
  LoadForecasts forecasts;
  const auto load = [](std::int64_t minute) {
    const double day = static_cast<double>(minute % 1'440) / 1'440;
    return 50 - 40 * std::cos(2 * std::numbers::pi * day);
  };
  std::int64_t minute = 0;
  for (; minute < 5 * 1'440 + 360; ++minute) {
    forecasts.add(at_second(minute * 60), load(minute));
  }
  // A quarter of a day after midnight it rises fastest.
  const auto expected = forecasts.at(at_second(minute * 60), std::chrono::minutes(20), kShape);
  ASSERT_FALSE(expected.empty());
  EXPECT_NEAR(expected[0].mean, load(minute + 20), 1);
  EXPECT_GT(expected[0].mean, load(minute) + 2);
}

TEST(LoadForecastsTest, AMinuteWithoutDataIsMissingAndNotZero) {
  LoadForecasts forecasts;
  for (int second = 0; second < 3'600; ++second) {
    const bool silent = second / 60 == 58;
    forecasts.add(at_second(second), silent ? std::nullopt : std::optional(8.0));
  }
  const auto expected = forecasts.at(at_second(3'600), milliseconds(60'000), kShape);
  ASSERT_FALSE(expected.empty());
  EXPECT_NEAR(expected[0].mean, 8, 0.1);
}

// What lies between is as far ahead as it is; what was counted already is not expected again.
TEST(LoadForecastsTest, AClockThatIsSetBackKeepsWhatDaysHaveTaught) {
  LoadForecasts forecasts;
  for (int second = 0; second < 7'200; second += 10) {
    forecasts.add(at_second(second), 5);
  }
  forecasts.add(at_second(3'600), 500);
  EXPECT_TRUE(forecasts.at(at_second(3'600), milliseconds(90'000), kShape).empty());
  const auto beyond = forecasts.at(at_second(3'600), milliseconds(3'720'000), kShape);
  ASSERT_FALSE(beyond.empty());
  EXPECT_TRUE(beyond[0].trained);
  EXPECT_NEAR(beyond[0].mean, 5, 0.05);
  for (int second = 3'610; second < 7'320; second += 10) {
    forecasts.add(at_second(second), 5);
  }
  const auto after = forecasts.at(at_second(7'310), milliseconds(90'000), kShape);
  ASSERT_FALSE(after.empty());
  EXPECT_TRUE(after[0].trained);
  EXPECT_NEAR(after[0].mean, 5, 0.05);
}

TEST(LoadForecastsTest, AClockThatIsSetBackByHoursBeginsAnew) {
  LoadForecasts forecasts;
  for (int second = 0; second < 36'000; second += 10) {
    forecasts.add(at_second(second), 5);
  }
  for (int second = 0; second < 180; second += 10) {
    forecasts.add(at_second(second), 7);
  }
  const auto expected = forecasts.at(at_second(170), milliseconds(90'000), kShape);
  ASSERT_FALSE(expected.empty());
  EXPECT_FALSE(expected[0].trained);
  EXPECT_NEAR(expected[0].mean, 7, 0.1);
}

}  // namespace
}  // namespace penstock::autoscale

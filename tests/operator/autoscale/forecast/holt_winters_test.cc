#include "operator/autoscale/forecast/holt_winters.h"

#include <cmath>

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

constexpr HoltWinters::Smoothing kHalf{.level = 0.5, .trend = 0.5, .season = 0.5, .phi = 0.5};

// The value whose log(1 + value) is `log`.
double of_log(double log) {
  return std::expm1(log);
}

TEST(HoltWintersTest, FollowsTheErrorCorrectionForm) {
  HoltWinters model(2, kHalf);
  model.observe(0, of_log(1));
  model.observe(1, of_log(3));
  EXPECT_EQ(model.forecast(2), std::nullopt);
  // The first season: level 2, seasons -1 and 1. Then an error of 2 - (2 - 1) = 1: level 2.5, trend
  // 0.25, season -0.5.
  model.observe(2, of_log(2));
  EXPECT_NEAR(*model.forecast(3), of_log(2.5 + 0.5 * 0.25 + 1), 1e-9);
  EXPECT_NEAR(*model.forecast(4), of_log(2.5 + 0.75 * 0.25 - 0.5), 1e-9);
  // As forecast: only the trend is damped.
  model.observe(3, of_log(3.625));
  EXPECT_NEAR(*model.forecast(4), of_log(2.625 + 0.5 * 0.125 - 0.5), 1e-9);
}

TEST(HoltWintersTest, MissingBinsMoveItAsForecast) {
  HoltWinters model(2, kHalf);
  model.observe(0, of_log(1));
  model.observe(1, of_log(3));
  model.observe(2, of_log(2));
  // Bin 3 is missing; bin 4 as forecast. The trend is damped twice.
  model.observe(4, of_log(2.1875));
  EXPECT_NEAR(*model.forecast(5), of_log(2.6875 + 0.5 * 0.0625 + 1), 1e-9);
}

TEST(HoltWintersTest, WhatTheFirstSeasonLacksIsItsMean) {
  HoltWinters model(3, kHalf);
  model.observe(0, of_log(1));
  model.observe(2, of_log(3));
  model.observe(3, of_log(1));
  EXPECT_NEAR(*model.forecast(4), of_log(2), 1e-9);
  EXPECT_NEAR(*model.forecast(5), of_log(3), 1e-9);
}

TEST(HoltWintersTest, AnErrorCountsNoMoreThanItsBound) {
  HoltWinters usual(2, kHalf);
  HoltWinters outage(2, kHalf);
  for (HoltWinters* model : {&usual, &outage}) {
    model->observe(0, of_log(9));
    model->observe(1, of_log(9));
  }
  usual.observe(2, of_log(8));
  outage.observe(2, 0);
  EXPECT_DOUBLE_EQ(*usual.forecast(3), *outage.forecast(3));
}

TEST(HoltWintersTest, NeverBelowZero) {
  HoltWinters model(2, kHalf);
  model.observe(0, 0);
  model.observe(1, of_log(1));
  model.observe(2, 0);
  model.observe(3, 0);
  EXPECT_GE(*model.forecast(4), 0);
  EXPECT_LT(*model.forecast(4), 0.1);
}

}  // namespace
}  // namespace penstock::forecast

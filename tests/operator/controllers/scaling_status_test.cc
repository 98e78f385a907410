#include "operator/controllers/scaling_status.h"

#include <gtest/gtest.h>

namespace penstock::controllers {
namespace {

TEST(ScalingStatusTest, ThePartOfTheForecastThatDecisionsUse) {
  autoscale::Inputs inputs;
  EXPECT_FALSE(forecast_status(inputs));
  inputs.settings.predictive.quantile = 0.8;
  inputs.forecasts = {{.dimension = autoscale::Dimension::kPrefill, .mean = 9'000},
                      {.dimension = autoscale::Dimension::kRequests,
                       .mean = 12.3456,
                       .upper = {{0.5, 12}, {0.75, 13}, {0.9, 1'234.56}, {0.99, 2'000}},
                       .horizon = autoscale::milliseconds(90'500),
                       .trained = true}};
  EXPECT_EQ(forecast_status(inputs),
            (api::ScalingForecastStatus{.ahead = autoscale::milliseconds(90'000),
                                        .requests_per_second = 12.3,
                                        .quantile_percent = 90,
                                        .quantile_requests_per_second = 1'230,
                                        .used = true}));
  inputs.settings.predictive.enabled = false;
  EXPECT_FALSE(forecast_status(inputs)->used);
  inputs.settings.predictive.enabled = true;
  inputs.forecasts[1].trained = false;
  EXPECT_FALSE(forecast_status(inputs)->used);
}

TEST(ScalingStatusTest, WhatReplicasCost) {
  EXPECT_EQ(usd_per_hour({}, 3), std::nullopt);
  const autoscale::Budget price{.replica_picodollars_per_hour = 12'500'000'000'000};
  EXPECT_EQ(usd_per_hour(price, 3), "37.5");
  EXPECT_EQ(usd_per_hour(price, 4), "50");
  EXPECT_EQ(usd_per_hour({.replica_picodollars_per_hour = 1'000'000}, 1), "0.000001");
  EXPECT_EQ(usd_per_hour({.replica_picodollars_per_hour = 999'999'999'999'000'000}, 10'000),
            "9999999999.99");
}

}  // namespace
}  // namespace penstock::controllers

#include "operator/autoscale/forecast/forecaster.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include <gtest/gtest.h>
#include <malloc.h>

namespace penstock::forecast {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Settings kHourly{.bin = hours(1), .horizon_max = 24};
constexpr Settings kTenMinutes{.bin = minutes(10)};

std::optional<double> value_of(const Forecast& forecast, Expert expert) {
  return forecast.experts.at(static_cast<std::size_t>(expert));
}

// A day's course, by the hour.
double course(BinIndex hour) {
  return 1000 + 600 * std::sin(static_cast<double>(hour) * std::numbers::pi / 12);
}

TEST(ForecasterTest, KnowsNothingBeforeTheFirstValue) {
  Forecaster forecaster(kTenMinutes);
  EXPECT_EQ(forecaster.at(1), std::nullopt);
  forecaster.observe(7, std::nullopt);
  EXPECT_EQ(forecaster.at(1), std::nullopt);
}

TEST(ForecasterTest, StartsFromOneValueAndSaysSo) {
  Forecaster forecaster(kTenMinutes);
  forecaster.observe(7, 100);
  const Forecast forecast = *forecaster.at(3);
  EXPECT_EQ(forecast.bin, 10);
  EXPECT_EQ(forecast.horizon, 3);
  EXPECT_DOUBLE_EQ(forecast.mean, 100);
  EXPECT_NEAR(forecast.quantile(0.95), 100 + 100 * 18.9 / 19, 1e-4);
  EXPECT_NEAR(forecast.quantile(0.05), 100 - 100 * 18.9 / 19, 1e-4);
  EXPECT_EQ(forecast.observed, 1U);
  EXPECT_FALSE(forecast.trained);
}

TEST(ForecasterTest, IsTrainedAtAHorizonOnceThatWasChecked) {
  Forecaster forecaster(kTenMinutes);
  // Forecasts of horizon 6 are checked from the seventh bin on.
  for (BinIndex bin = 0; bin < 6 + 19; ++bin) {
    forecaster.observe(bin, 100);
  }
  EXPECT_TRUE(forecaster.at(1)->trained);
  EXPECT_FALSE(forecaster.at(6)->trained);
  EXPECT_EQ(forecaster.at(6)->residuals, 19U);
  forecaster.observe(25, 100);
  EXPECT_TRUE(forecaster.at(6)->trained);
}

TEST(ForecasterTest, AConstantStaysOneWithoutABand) {
  Forecaster forecaster(kTenMinutes);
  for (BinIndex bin = 0; bin < 400; ++bin) {
    forecaster.observe(bin, 100);
  }
  const Forecast forecast = *forecaster.at(2);
  EXPECT_NEAR(forecast.mean, 100, 1e-6);
  EXPECT_NEAR(forecast.quantile(0.05), 100, 1e-3);
  EXPECT_NEAR(forecast.quantile(0.95), 100, 1e-3);
}

TEST(ForecasterTest, ZeroIsData) {
  Forecaster forecaster(kTenMinutes);
  for (BinIndex bin = 0; bin < 400; ++bin) {
    forecaster.observe(bin, 0);
  }
  const Forecast forecast = *forecaster.at(1);
  EXPECT_EQ(forecast.mean, 0);
  EXPECT_EQ(forecast.quantile(0.99), 0);
  EXPECT_EQ(forecast.observed, 400U);
}

TEST(ForecasterTest, WakesFromZero) {
  Forecaster forecaster(kTenMinutes);
  for (BinIndex bin = 0; bin < 200; ++bin) {
    forecaster.observe(bin, 0);
  }
  forecaster.observe(200, 50);
  EXPECT_GT(forecaster.at(1)->mean, 30);
  forecaster.observe(201, 50);
  forecaster.observe(202, 50);
  EXPECT_NEAR(forecaster.at(1)->mean, 50, 10);
}

TEST(ForecasterTest, MissingBinsAreNotZero) {
  Forecaster told(kTenMinutes);
  Forecaster skipped(kTenMinutes);
  for (BinIndex bin = 0; bin < 50; ++bin) {
    told.observe(bin, 100);
    skipped.observe(bin, 100);
  }
  told.observe(50, std::nullopt);
  told.observe(51, std::numeric_limits<double>::quiet_NaN());
  told.observe(52, -1);
  told.observe(53, std::numeric_limits<double>::infinity());
  EXPECT_NEAR(told.at(1)->mean, 100, 1e-6);
  EXPECT_EQ(told.at(1)->observed, 50U);
  EXPECT_EQ(told.at(1)->bin, 54);
  told.observe(54, 100);
  skipped.observe(54, 100);
  EXPECT_NEAR(told.at(1)->mean, skipped.at(1)->mean, 1e-9);
}

TEST(ForecasterTest, OldBinsAreRefused) {
  Forecaster forecaster(kTenMinutes);
  EXPECT_TRUE(forecaster.observe(5, 100));
  EXPECT_FALSE(forecaster.observe(5, 900));
  EXPECT_FALSE(forecaster.observe(4, 900));
  EXPECT_DOUBLE_EQ(forecaster.at(1)->mean, 100);
  EXPECT_TRUE(forecaster.observe(6, 100));
}

TEST(ForecasterTest, SurvivesAGapOfYears) {
  Forecaster forecaster(kTenMinutes);
  for (BinIndex bin = 0; bin < 300; ++bin) {
    forecaster.observe(bin, 100);
  }
  forecaster.observe(100'000'000, 200);
  const Forecast forecast = *forecaster.at(1);
  EXPECT_TRUE(std::isfinite(forecast.mean));
  EXPECT_GE(forecast.mean, 100);
  EXPECT_LE(forecast.mean, 200);
}

TEST(ForecasterTest, LearnsTheCourseOfADay) {
  Forecaster forecaster(kHourly);
  double ours = 0;
  double last_value = 0;
  for (BinIndex hour = 0; hour < 240; ++hour) {
    forecaster.observe(hour, course(hour));
    if (hour >= 120) {
      ours += std::abs(forecaster.at(6)->mean - course(hour + 6));
      last_value += std::abs(course(hour) - course(hour + 6));
    }
  }
  EXPECT_LT(ours, 0.02 * last_value);
}

TEST(ForecasterTest, TheHorizonMayChangeBetweenCalls) {
  Forecaster forecaster(kHourly);
  for (BinIndex hour = 0; hour < 240; ++hour) {
    forecaster.observe(hour, course(hour));
  }
  for (const int horizon : {1, 5, 13, 24, 2}) {
    const Forecast forecast = *forecaster.at(horizon);
    EXPECT_EQ(forecast.bin, 239 + horizon);
    EXPECT_NEAR(forecast.mean, course(239 + horizon), 0.05 * course(239 + horizon)) << horizon;
    EXPECT_TRUE(forecast.trained);
  }
}

TEST(ForecasterTest, BeyondTheFurthestHorizonItsWeightsServe) {
  Settings near = kHourly;
  near.horizon_max = 2;
  Forecaster forecaster(near);
  for (BinIndex hour = 0; hour < 240; ++hour) {
    forecaster.observe(hour, course(hour));
  }
  EXPECT_EQ(forecaster.at(3)->weights, forecaster.at(2)->weights);
  EXPECT_EQ(forecaster.at(3)->bin, 242);
  EXPECT_NEAR(forecaster.at(3)->mean, course(242), 0.05 * course(242));
}

TEST(ForecasterTest, WeightsGoToWhoIsRight) {
  Forecaster forecaster(kHourly);
  for (BinIndex hour = 0; hour < 240; ++hour) {
    forecaster.observe(hour, course(hour));
  }
  const Forecast forecast = *forecaster.at(12);
  double sum = 0;
  for (const double weight : forecast.weights) {
    sum += weight;
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  // Half a day ahead the last value is wrong, and a day before the target is right.
  EXPECT_LT(forecast.weights.at(static_cast<std::size_t>(Expert::kLastValue)), 1e-6);
  EXPECT_GT(forecast.weights.at(static_cast<std::size_t>(Expert::kSeasonalNaive)), 0.1);
}

TEST(ForecasterTest, AWeekIsASeasonOnlyWhereAskedFor) {
  Settings weekly = kHourly;
  weekly.weekly = true;
  Forecaster with(weekly);
  Forecaster without(kHourly);
  for (BinIndex hour = 0; hour < 200; ++hour) {
    with.observe(hour, course(hour));
    without.observe(hour, course(hour));
  }
  EXPECT_NEAR(*value_of(*with.at(1), Expert::kHoltWintersWeek), course(200), 100);
  EXPECT_EQ(value_of(*without.at(1), Expert::kHoltWintersWeek), std::nullopt);
}

TEST(ForecasterTest, NoExpertRunsAway) {
  Forecaster forecaster(kTenMinutes);
  double value = 1;
  for (BinIndex bin = 0; bin < 60; ++bin, value *= 1.3) {
    forecaster.observe(bin, value);
  }
  const Forecast forecast = *forecaster.at(30);
  for (const std::optional<double>& expert : forecast.experts) {
    EXPECT_LE(expert.value_or(0), 2 * value);
  }
}

// The share of bins, in percent, within the band of 90 % forecast for them.
double coverage(int horizon) {
  Forecaster forecaster(kTenMinutes);
  std::minstd_rand random(3);
  std::normal_distribution<double> normal;
  std::vector<std::optional<Forecast>> forecasts(2016 + static_cast<std::size_t>(horizon));
  double level = 1000;
  int within = 0;
  int counted = 0;
  for (std::size_t bin = 0; bin < 2016; ++bin) {
    // A random walk that returns to its mean, with noise in proportion on top.
    level += 0.05 * (1000 - level) + 20 * normal(random);
    const double value = level * std::exp(0.05 * normal(random));
    if (const std::optional<Forecast>& forecast = forecasts[bin]; bin >= 288 && forecast) {
      within += value >= forecast->quantile(0.05) && value <= forecast->quantile(0.95) ? 1 : 0;
      ++counted;
    }
    forecaster.observe(static_cast<BinIndex>(bin), value);
    forecasts[bin + static_cast<std::size_t>(horizon)] = forecaster.at(horizon);
  }
  return 100.0 * within / counted;
}

TEST(ForecasterTest, TheBandHoldsNineInTen) {
  EXPECT_NEAR(coverage(1), 90, 2);
  EXPECT_NEAR(coverage(3), 90, 2);
  EXPECT_NEAR(coverage(12), 90, 2);
}

TEST(ForecasterTest, SameBinsSameForecasts) {
  Forecaster first(kHourly);
  Forecaster second(kHourly);
  std::minstd_rand random(5);
  std::uniform_real_distribution<double> uniform(0, 1000);
  for (BinIndex hour = 0; hour < 300; ++hour) {
    const double value = uniform(random);
    first.observe(hour, value);
    second.observe(hour, value);
    static_cast<void>(first.at(1 + static_cast<int>(hour % 24)));  // asking changes nothing
  }
  Forecaster copy = first;
  for (Forecaster* forecaster : {&first, &second, &copy}) {
    forecaster->observe(300, 42);
  }
  EXPECT_EQ(first.at(4)->mean, second.at(4)->mean);
  EXPECT_EQ(first.at(4)->quantiles, second.at(4)->quantiles);
  EXPECT_EQ(first.at(4)->weights, copy.at(4)->weights);
}

TEST(ForecasterTest, MemoryDoesNotGrow) {
  Forecaster forecaster(kTenMinutes);
  for (BinIndex bin = 0; bin < 1000; ++bin) {
    forecaster.observe(bin, static_cast<double>(bin % 144));
  }
  const std::size_t before = mallinfo2().uordblks;
  for (BinIndex bin = 1000; bin < 20'000; ++bin) {
    forecaster.observe(bin, static_cast<double>(bin % 144));
  }
  EXPECT_LE(mallinfo2().uordblks, before);
}

TEST(ForecasterTest, HistoryBringsTheSeasonsOverARestart) {
  Forecaster before(kHourly);
  for (BinIndex hour = 0; hour < 240; ++hour) {
    before.observe(hour, course(hour));
  }
  const History& kept = before.history();
  Forecaster after(kHourly);
  for (BinIndex bin = kept.newest() - static_cast<BinIndex>(kept.capacity()) + 1;
       bin <= kept.newest(); ++bin) {
    after.observe(bin, kept.at(bin));
  }
  EXPECT_DOUBLE_EQ(*value_of(*after.at(6), Expert::kSeasonalNaive), course(245 - 24));
  EXPECT_NEAR(after.at(6)->mean, course(245), 0.1 * course(245));
}

}  // namespace
}  // namespace penstock::forecast

// What spikes, dropouts and new levels do to a forecast.
#include <gtest/gtest.h>

#include "operator/autoscale/forecast/forecaster.h"

namespace penstock::forecast {
namespace {

using std::chrono::minutes;

constexpr Settings kMinutes{.bin = minutes(1)};
constexpr Settings kTenMinutes{.bin = minutes(10)};

// Observes 200 bins, ten of 95 and ten of 105 in turn: the last value is a good forecast.
Forecaster steady(const Settings& settings) {
  Forecaster forecaster(settings);
  for (BinIndex bin = 0; bin < 200; ++bin) {
    forecaster.observe(bin, bin % 20 < 10 ? 95 : 105);
  }
  return forecaster;
}

TEST(ForecasterOutliersTest, ASpikeLeavesNoTrace) {
  for (const double spike : {10'000.0, 0.0}) {
    Forecaster spiked = steady(kMinutes);
    Forecaster missing = steady(kMinutes);
    spiked.observe(200, spike);
    missing.observe(200, std::nullopt);
    spiked.observe(201, 105);
    missing.observe(201, 105);
    const Forecast with = *spiked.at(5);
    const Forecast without = *missing.at(5);
    for (std::size_t i = 0; i < kExperts; ++i) {
      EXPECT_EQ(with.experts.at(i), without.experts.at(i)) << spike << ' ' << i;
    }
    // All experts erred alike, so the weights hardly moved.
    EXPECT_NEAR(with.mean, without.mean, 1);
  }
}

TEST(ForecasterOutliersTest, WhileItLastsAnOutlierIsFollowed) {
  Forecaster forecaster = steady(kMinutes);
  forecaster.observe(200, 1000);
  EXPECT_GT(forecaster.at(1)->mean, 500);
  forecaster.observe(201, 1000);
  forecaster.observe(202, 1000);
  forecaster.observe(203, 1000);
  EXPECT_NEAR(forecaster.at(1)->mean, 1000, 200);
}

TEST(ForecasterOutliersTest, ALevelThatLastsIsTheNewLevel) {
  for (const double level : {400.0, 10.0}) {
    Forecaster forecaster = steady(kTenMinutes);
    for (BinIndex bin = 200; bin < 230; ++bin) {
      forecaster.observe(bin, level);
    }
    EXPECT_NEAR(forecaster.at(1)->mean, level, 0.05 * level);
  }
}

TEST(ForecasterOutliersTest, WhoseOutliersNeverLastIsNotFollowed) {
  Forecaster forecaster = steady(kTenMinutes);
  BinIndex bin = 200;
  for (int spike = 0; spike < 2; ++spike) {
    forecaster.observe(bin++, 5000);
    for (int usual = 0; usual < 20; ++usual, ++bin) {
      forecaster.observe(bin, 100);
    }
  }
  forecaster.observe(bin, 5000);
  EXPECT_LT(forecaster.at(1)->mean, 110);
  EXPECT_EQ(forecaster.at(1)->bin, bin + 1);
  // It does last, this time.
  forecaster.observe(bin + 1, 5000);
  EXPECT_GT(forecaster.at(1)->mean, 2500);
}

TEST(ForecasterOutliersTest, AMissingBinAmongOutliersChangesNothing) {
  Forecaster forecaster = steady(kMinutes);
  forecaster.observe(200, 1000);
  forecaster.observe(201, std::nullopt);
  forecaster.observe(202, 100);
  EXPECT_NEAR(forecaster.at(1)->mean, 100, 10);
}

}  // namespace
}  // namespace penstock::forecast

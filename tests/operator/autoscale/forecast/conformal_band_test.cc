#include "operator/autoscale/forecast/conformal_band.h"

#include <random>

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

constexpr std::size_t kMedian = 4;
constexpr std::size_t kUpper = 7;  // 0.95
constexpr std::size_t kLower = 1;  // 0.05

TEST(ConformalBandTest, StartsWide) {
  const Quantiles start = ConformalBand().quantiles();
  EXPECT_NEAR(start.at(kMedian), 0, 1e-6);
  // The 0.95 · 21 = 19.95th of twenty: 17/19 + 0.95 · 2/19.
  EXPECT_NEAR(start.at(kUpper), 18.9 / 19, 1e-6);
  EXPECT_NEAR(start.at(kLower), -18.9 / 19, 1e-6);
}

TEST(ConformalBandTest, StaysWideUntilTheLastPriorIsReplaced) {
  ConformalBand band;
  for (std::size_t i = 1; i < ConformalBand::kPrior; ++i) {
    band.observe(0, band.quantiles());
  }
  EXPECT_LT(band.quantiles().at(kLower), -0.5F);
  band.observe(0, band.quantiles());
  EXPECT_EQ(band.quantiles().at(kLower), 0);
  EXPECT_EQ(band.observed(), ConformalBand::kPrior);
}

TEST(ConformalBandTest, KeepsTheNewestOnly) {
  ConformalBand band;
  for (int i = 0; i < 1000; ++i) {
    band.observe(5, band.quantiles());
  }
  for (std::size_t i = 0; i < ConformalBand::kKept; ++i) {
    band.observe(0.25, band.quantiles());
  }
  const Quantiles quantiles = band.quantiles();
  EXPECT_EQ(quantiles.front(), 0.25F);
  EXPECT_EQ(quantiles.back(), 0.25F);
}

TEST(ConformalBandTest, ResidualsAreBounded) {
  ConformalBand band;
  for (int i = 0; i < 300; ++i) {
    band.observe(1e30, band.quantiles());
  }
  EXPECT_EQ(band.quantiles().at(kMedian), 20);
}

TEST(ConformalBandTest, LinesJoinTheLevels) {
  const Quantiles quantiles = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_DOUBLE_EQ(interpolate(quantiles, 0.25), 4);
  EXPECT_NEAR(interpolate(quantiles, 0.3), 4.2, 1e-9);
  EXPECT_EQ(interpolate(quantiles, 0), 1);
  EXPECT_EQ(interpolate(quantiles, 1), 9);
}

// The share of residuals, in percent, within the band of 90 % that was issued before each.
double coverage(double first_deviation, double second_deviation) {
  std::minstd_rand random(1);
  std::normal_distribution<double> normal;
  ConformalBand band;
  int within = 0;
  constexpr int kBins = 4000;
  for (int i = 0; i < kBins; ++i) {
    const Quantiles issued = band.quantiles();
    const double residual = normal(random) * (i < kBins / 2 ? first_deviation : second_deviation);
    within += residual >= issued.at(kLower) && residual <= issued.at(kUpper) ? 1 : 0;
    band.observe(residual, issued);
  }
  return 100.0 * within / kBins;
}

TEST(ConformalBandTest, CoversWhatItPromises) {
  EXPECT_NEAR(coverage(1, 1), 90, 1);
  EXPECT_NEAR(coverage(0.1, 0.1), 90, 1);
}

TEST(ConformalBandTest, CoversThroughAChangeOfTheNoise) {
  EXPECT_NEAR(coverage(0.2, 1), 90, 2);
  EXPECT_NEAR(coverage(1, 0.2), 90, 2);
}

}  // namespace
}  // namespace penstock::forecast

#include "operator/autoscale/forecast/autoregression.h"

#include <array>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

constexpr std::array kHorizons = {1, 3};
constexpr Autoregression::Shape kShape{
    .season = 24, .width = 1, .discount = 0.999, .penalty = 1e-3, .refit = 1};

void observe(History& history, Autoregression& model, BinIndex bin, double value) {
  history.append(bin, value);
  model.observe(history);
}

TEST(AutoregressionTest, SaysNothingUntilItHasSamples) {
  Autoregression model(kShape, kHorizons);
  History history(model.capacity());
  // A sample of horizon 1 needs two bins: 24 samples after 25.
  for (BinIndex bin = 0; bin < 24; ++bin) {
    observe(history, model, bin, 10);
    EXPECT_EQ(model.forecast(history, bin + 1, 0), std::nullopt);
  }
  observe(history, model, 24, 10);
  EXPECT_NEAR(*model.forecast(history, 25, 0), 10, 1e-6);
  EXPECT_EQ(model.forecast(history, 27, 1), std::nullopt);
}

TEST(AutoregressionTest, LearnsThatASeriesAlternates) {
  Autoregression model(kShape, kHorizons);
  History history(model.capacity());
  for (BinIndex bin = 0; bin < 200; ++bin) {
    observe(history, model, bin, bin % 2 == 0 ? 10 : 20);
  }
  EXPECT_NEAR(*model.forecast(history, 200, 0), 10, 0.5);
  EXPECT_NEAR(*model.forecast(history, 202, 1), 10, 0.5);
}

TEST(AutoregressionTest, LearnsTheSeasonAtEachHorizon) {
  Autoregression model(kShape, kHorizons);
  History history(model.capacity());
  const auto value = [](BinIndex bin) {
    return 100 + 60 * std::sin(static_cast<double>(bin) * std::numbers::pi / 12);
  };
  for (BinIndex bin = 0; bin < 240; ++bin) {
    observe(history, model, bin, value(bin));
  }
  EXPECT_NEAR(*model.forecast(history, 240, 0), value(240), 3);
  EXPECT_NEAR(*model.forecast(history, 242, 1), value(242), 3);
}

TEST(AutoregressionTest, OneOutageDoesNotOutweighAWeek) {
  Autoregression model(kShape, kHorizons);
  History history(model.capacity());
  for (BinIndex bin = 0; bin < 168; ++bin) {
    observe(history, model, bin, bin == 100 ? 0 : 1000);
  }
  EXPECT_NEAR(*model.forecast(history, 168, 0), 1000, 30);
}

TEST(AutoregressionTest, WithoutItsOriginItSaysNothing) {
  Autoregression model(kShape, kHorizons);
  History history(model.capacity());
  for (BinIndex bin = 0; bin < 60; ++bin) {
    observe(history, model, bin, 10);
  }
  history.append(10'000, std::nullopt);
  EXPECT_EQ(model.forecast(history, 10'001, 0), std::nullopt);
}

}  // namespace
}  // namespace penstock::forecast

#include "operator/autoscale/forecast/ridge_regression.h"

#include <array>

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

using Row = std::array<double, 2>;

TEST(SolvePositiveDefiniteTest, SolvesByHand) {
  // 4x + 2y = 8, 2x + 3y = 7.
  std::array<double, 3> lower = {4, 2, 3};
  Row x = {8, 7};
  ASSERT_TRUE(solve_positive_definite(lower, x));
  EXPECT_DOUBLE_EQ(x[0], 1.25);
  EXPECT_DOUBLE_EQ(x[1], 1.5);
}

TEST(SolvePositiveDefiniteTest, ThreeUnknowns) {
  // A = L·Lᵀ with L = [2; 1 3; 4 5 6], and A · (1, 2, 3) by hand.
  std::array<double, 6> lower = {4, 2, 10, 8, 19, 77};
  std::array<double, 3> x = {32, 79, 277};
  ASSERT_TRUE(solve_positive_definite(lower, x));
  EXPECT_NEAR(x[0], 1, 1e-12);
  EXPECT_NEAR(x[1], 2, 1e-12);
  EXPECT_NEAR(x[2], 3, 1e-12);
}

TEST(SolvePositiveDefiniteTest, RefusesOthers) {
  std::array<double, 3> singular = {1, 1, 1};
  std::array<double, 3> indefinite = {1, 2, 1};
  Row x = {1, 1};
  EXPECT_FALSE(solve_positive_definite(singular, x));
  EXPECT_FALSE(solve_positive_definite(indefinite, x));
}

TEST(RidgeRegressionTest, ThePenaltyShrinksSlopesButNotTheIntercept) {
  RidgeRegression model(2, 1, 1);
  model.add(Row{1, -1}, 3);
  model.add(Row{1, 1}, 7);
  EXPECT_EQ(model.predict(Row{1, 1}), 0);  // before the first fit
  model.fit();
  // Slope 4 / (2 + 1 · 2), intercept the mean.
  EXPECT_DOUBLE_EQ(model.predict(Row{1, 0}), 5);
  EXPECT_DOUBLE_EQ(model.predict(Row{1, 1}), 6);
}

TEST(RidgeRegressionTest, OldSamplesCountLess) {
  RidgeRegression model(2, 0.5, 1);
  model.add(Row{1, 2}, 0);
  model.add(Row{1, -1}, 3);
  model.fit();
  // The first counts half: Σx = 0.5 · 2 - 1 = 0, Σx² = 3, Σxy = -3, Σy = 3, Σ1 = 1.5.
  EXPECT_DOUBLE_EQ(model.predict(Row{1, 0}), 3 / 1.5);
  EXPECT_DOUBLE_EQ(model.predict(Row{1, 1}), 2 - 3.0 / (3 + 3));
  EXPECT_EQ(model.samples(), 2U);
}

TEST(RidgeRegressionTest, WithoutSamplesItStaysAsItIs) {
  RidgeRegression model(2, 0.9, 0.1);
  model.fit();
  EXPECT_EQ(model.predict(Row{1, 1}), 0);
}

}  // namespace
}  // namespace penstock::forecast

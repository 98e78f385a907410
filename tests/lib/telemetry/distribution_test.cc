#include "lib/telemetry/distribution.h"

#include <gtest/gtest.h>

namespace penstock::telemetry {
namespace {

TEST(DistributionTest, WithoutObservationsEverythingIsZero) {
  const Distribution none{.bounds = {1, 2}, .counts = {0, 0, 0}};
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.quantile(0.99), 0);
  EXPECT_EQ(Distribution{}.quantile(0.5), 0);
}

TEST(DistributionTest, InterpolatesInsideTheBucket) {
  // 10 below 1, 30 between 1 and 3: the 20th of 40 is the 10th of 30 in a bucket of width 2.
  const Distribution seen{.bounds = {1, 3}, .counts = {10, 30, 0}};
  EXPECT_DOUBLE_EQ(seen.quantile(0.5), 1 + 2.0 * 10 / 30);
  EXPECT_DOUBLE_EQ(seen.quantile(0.125), 0.5);
  EXPECT_DOUBLE_EQ(seen.quantile(1), 3);
}

TEST(DistributionTest, AboveTheLastBoundTheBoundIsTheAnswer) {
  const Distribution seen{.bounds = {1, 3}, .counts = {1, 0, 99}};
  EXPECT_EQ(seen.count(), 100U);
  EXPECT_DOUBLE_EQ(seen.quantile(0.5), 3);
}

}  // namespace
}  // namespace penstock::telemetry

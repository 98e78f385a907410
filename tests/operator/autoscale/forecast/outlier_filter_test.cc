#include "operator/autoscale/forecast/outlier_filter.h"

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

using Verdict = OutlierFilter::Verdict;
using std::chrono::seconds;

OutlierFilter at_a_hundred(seconds bin) {
  OutlierFilter filter({.bin = bin});
  for (std::uint64_t i = 0; i < OutlierFilter::kUnfiltered; ++i) {
    EXPECT_EQ(filter.judge(100), Verdict::kUsual);
  }
  return filter;
}

TEST(OutlierFilterTest, TakesTheFirstBinsAsTheyAre) {
  OutlierFilter filter({.bin = seconds(60)});
  EXPECT_EQ(filter.judge(1), Verdict::kUsual);
  EXPECT_EQ(filter.judge(1000), Verdict::kUsual);
  EXPECT_EQ(filter.judge(0), Verdict::kUsual);
}

TEST(OutlierFilterTest, AFactorOfTwoOutsideOfTheRangeIsAnOutlier) {
  // Of 1 + value: beyond 202 and below 50.5.
  EXPECT_EQ(at_a_hundred(seconds(600)).judge(200), Verdict::kUsual);
  EXPECT_EQ(at_a_hundred(seconds(600)).judge(202), Verdict::kDoubtful);
  EXPECT_EQ(at_a_hundred(seconds(600)).judge(50), Verdict::kUsual);
  EXPECT_EQ(at_a_hundred(seconds(600)).judge(49), Verdict::kDoubtful);
}

TEST(OutlierFilterTest, ASpikeIsOverWithTheNextBin) {
  OutlierFilter filter = at_a_hundred(seconds(600));
  EXPECT_EQ(filter.judge(5000), Verdict::kDoubtful);
  EXPECT_EQ(filter.judge(100), Verdict::kUsual);
  // It did not become part of the range.
  EXPECT_EQ(filter.judge(5000), Verdict::kDoubtful);
}

TEST(OutlierFilterTest, WhatLastsIsANewLevel) {
  OutlierFilter filter = at_a_hundred(seconds(600));
  EXPECT_EQ(filter.judge(0), Verdict::kDoubtful);
  EXPECT_EQ(filter.judge(0), Verdict::kLasting);
  EXPECT_EQ(filter.judge(0), Verdict::kUsual);
  EXPECT_EQ(filter.judge(100), Verdict::kUsual);
}

TEST(OutlierFilterTest, ShortBinsHaveToLastThreeMinutes) {
  OutlierFilter filter = at_a_hundred(seconds(60));
  EXPECT_EQ(filter.judge(900), Verdict::kDoubtful);
  EXPECT_EQ(filter.judge(950), Verdict::kDoubtful);
  EXPECT_EQ(filter.judge(900), Verdict::kLasting);
}

TEST(OutlierFilterTest, TheOtherSideStartsAnew) {
  OutlierFilter filter = at_a_hundred(seconds(600));
  EXPECT_EQ(filter.judge(900), Verdict::kDoubtful);
  EXPECT_EQ(filter.judge(0), Verdict::kDoubtful);
  EXPECT_EQ(filter.judge(0), Verdict::kLasting);
}

TEST(OutlierFilterTest, ForgetsALevelOverDays) {
  OutlierFilter filter = at_a_hundred(seconds(600));
  filter.judge(1600);
  filter.judge(1600);
  const auto usual_days = [&filter](int days) {
    for (int bin = 0; bin < days * 144; ++bin) {
      filter.judge(100);
    }
  };
  usual_days(1);
  EXPECT_EQ(OutlierFilter(filter).judge(1500),
            Verdict::kUsual);  // known up to 800, twice that is 1600
  usual_days(3);
  EXPECT_EQ(filter.judge(1500), Verdict::kDoubtful);
}

TEST(OutlierFilterTest, LearnsWhetherOutliersLast) {
  OutlierFilter filter = at_a_hundred(seconds(600));
  EXPECT_TRUE(filter.outliers_last());
  for (int spike = 0; spike < 2; ++spike) {
    EXPECT_TRUE(filter.outliers_last());
    filter.judge(5000);
    filter.judge(100);
  }
  EXPECT_FALSE(filter.outliers_last());
  filter.judge(5000);
  filter.judge(5000);
  EXPECT_TRUE(filter.outliers_last());
}

}  // namespace
}  // namespace penstock::forecast

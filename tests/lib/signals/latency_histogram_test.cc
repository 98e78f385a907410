#include "lib/signals/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "lib/random/split_mix64.h"

namespace penstock::signals {
namespace {

TEST(LatencyBucketTest, BucketsFollowOneAnotherWithoutGap) {
  for (std::uint32_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
    const std::uint64_t begin = latency_bucket_begin(bucket);
    const std::uint64_t end = latency_bucket_begin(bucket + 1);
    ASSERT_LT(begin, end);
    EXPECT_EQ(latency_bucket(begin), bucket);
    EXPECT_EQ(latency_bucket(end - 1), bucket);
  }
}

// By hand: 1000 = 0b1111101000; its eighths of 512 … 1023 are 64 wide, and it is in the last.
TEST(LatencyBucketTest, StandsWhereTheFormatSays) {
  EXPECT_EQ(latency_bucket(0), 0U);
  EXPECT_EQ(latency_bucket(7), 7U);
  EXPECT_EQ(latency_bucket(8), 8U);
  EXPECT_EQ(latency_bucket(15), 15U);
  EXPECT_EQ(latency_bucket(16), 16U);
  EXPECT_EQ(latency_bucket(17), 16U);
  EXPECT_EQ(latency_bucket(1000), 63U);
  EXPECT_EQ(latency_bucket_begin(63), 960U);
  EXPECT_EQ(latency_bucket_begin(64), 1024U);
  EXPECT_EQ(latency_bucket_begin(kLatencyBuckets), std::uint64_t{1} << 32U);
}

TEST(LatencyBucketTest, WhatIsLongerCountsIntoTheLast) {
  EXPECT_EQ(latency_bucket(std::uint64_t{1} << 32U), kLatencyBuckets - 1);
  EXPECT_EQ(latency_bucket(std::numeric_limits<std::uint64_t>::max()), kLatencyBuckets - 1);
}

TEST(LatencyHistogramTest, AQuantileIsWithinASixteenth) {
  random::SplitMix64 random(7);
  std::vector<std::uint64_t> values;
  LatencyHistogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    // From 1 µs to about an hour, as many in each power of two.
    const double exponent = static_cast<double>(random.next() % 31'000) / 1000;
    values.push_back(static_cast<std::uint64_t>(std::exp2(exponent)));
    histogram.add(values.back());
  }
  std::ranges::sort(values);
  for (const double q : {0.0, 0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = std::max<std::size_t>(
        static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()))), 1);
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(histogram.quantile(q).value_or(-1), exact, exact / 16) << q;
  }
}

TEST(LatencyHistogramTest, MergedIsAsIfSeenInOnePlace) {
  random::SplitMix64 random(3);
  LatencyHistogram one;
  LatencyHistogram other;
  LatencyHistogram both;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint64_t value = random.next() % 5'000'000;
    (i % 3 == 0 ? one : other).add(value);
    both.add(value);
  }
  one.merge(other);
  EXPECT_EQ(one, both);
  EXPECT_EQ(one.count(), 1'000U);
}

TEST(LatencyHistogramTest, SinceIsWhatCameBetween) {
  LatencyHistogram before;
  before.add(100);
  LatencyHistogram after = before;
  after.add(100);
  after.add(9'000);
  LatencyHistogram between;
  between.add(100);
  between.add(9'000);
  EXPECT_EQ(after.since(before), between);
  EXPECT_EQ(after.since(after), LatencyHistogram());
}

TEST(LatencyHistogramTest, SinceKnowsAnotherProcess) {
  LatencyHistogram before;
  before.add(100);
  before.add(100);
  LatencyHistogram restarted;
  restarted.add(5'000);
  EXPECT_FALSE(restarted.since(before));
  EXPECT_FALSE(LatencyHistogram().since(before));
}

TEST(LatencyHistogramTest, NothingHasNoQuantile) {
  EXPECT_FALSE(LatencyHistogram().quantile(0.5));
}

}  // namespace
}  // namespace penstock::signals

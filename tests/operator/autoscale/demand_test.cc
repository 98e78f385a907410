#include "operator/autoscale/demand.h"

#include <cmath>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

constexpr RequestShape kMean{.input_tokens = 100, .output_tokens = 20};

PodReport pod(double requests, std::optional<double> kv = {}, std::optional<double> waiting = {}) {
  return {Signals{.requests_per_s = requests,
                  .prefill_tokens_per_s = requests * 100,
                  .decode_tokens_per_s = requests * 20,
                  .kv_tokens = kv,
                  .waiting = waiting}};
}

TEST(DemandTest, SumsOverPods) {
  const Demand demand = total_demand(std::vector{pod(2, 1'000, 3), pod(4, 2'000, 1)}, kMean);
  EXPECT_EQ(demand.total.requests, 6);
  EXPECT_EQ(demand.total.prefill, 600);
  EXPECT_EQ(demand.total.decode, 120);
  EXPECT_EQ(demand.waiting, 4);
  EXPECT_EQ(demand.total.kv, 3'000 + 4 * 100) << "the prompts that wait need a place, too";
  EXPECT_EQ(demand.reporting, 2);
}

TEST(DemandTest, EnginesThatDoNotSayWhatWaitsAreCounted) {
  const Demand demand = total_demand(std::vector{pod(2, {}, 3), pod(4), PodReport{}}, kMean);
  EXPECT_EQ(demand.untold_queues, 1) << "who said nothing at all is missing";
  EXPECT_EQ(demand.missing, 1);
}

// A queue that drains ends many requests in a second in which few begin.
TEST(DemandTest, WhatWaitsIsAsLongAsTheMeanRequestAndNotAsWhatEndsNow) {
  PodReport draining = pod(1, 1'000, 40);
  draining.signals->prefill_tokens_per_s = 5'000;
  EXPECT_EQ(total_demand(std::vector{draining}, kMean).total.kv, 1'000 + 40 * 100);
  draining.signals->requests_per_s = 0;
  EXPECT_EQ(total_demand(std::vector{draining}, kMean).total.kv, 1'000 + 40 * 100);
}

// Of 40 requests 30 have 29 others beside them and 10 have 9; nobody is on the pod without any.
TEST(DemandTest, TheBatchIsAsRequestsSeeIt) {
  std::vector pods{pod(2), pod(1), pod(0), pod(1)};
  pods[0].signals->running = 30;
  pods[1].signals->running = 10;
  pods[2].signals->running = 0;
  EXPECT_EQ(total_demand(pods, kMean).batch, 24);
  EXPECT_FALSE(total_demand(std::vector{pods[2], pods[3]}, kMean).batch);
}

TEST(DemandTest, AMissingPodIsNotAPodWithoutLoad) {
  const Demand demand = total_demand(std::vector{pod(2), PodReport{}, pod(4)}, kMean);
  EXPECT_EQ(demand.total.requests, 6) << "what was seen";
  EXPECT_EQ(demand.reporting, 2);
  EXPECT_EQ(demand.missing, 1);
}

TEST(DemandTest, NobodyReportingIsNoDemandAndZeroIsOne) {
  const Demand nobody = total_demand(std::vector{PodReport{}, PodReport{}}, kMean);
  EXPECT_EQ(nobody.total, Load{});
  EXPECT_EQ(nobody.missing, 2);
  const Demand idle = total_demand(std::vector{pod(0)}, kMean);
  EXPECT_EQ(idle.total.requests, 0);
  EXPECT_EQ(idle.missing, 0);
  EXPECT_EQ(total_demand({}, kMean).total, Load{});
}

TEST(DemandTest, EnginesWithoutMetricsAreTakenToBeLikeTheOthers) {
  const Demand demand =
      total_demand(std::vector{pod(2, 1'000, 2), pod(2), pod(2, 2'000, 0)}, kMean);
  EXPECT_EQ(demand.waiting, 3);
  EXPECT_EQ(demand.total.kv, 4'500 + 3 * 100);
  EXPECT_EQ(total_demand(std::vector{pod(2)}, kMean).total.kv, std::nullopt);
}

TEST(DemandTest, NonsenseMakesAPodAMissingOne) {
  EXPECT_EQ(total_demand(std::vector{pod(2), pod(std::nan(""))}, kMean).missing, 1);
  PodReport ended = pod(2);
  ended.signals->ended_per_s = -1;
  EXPECT_EQ(total_demand(std::vector{pod(2), ended}, kMean).missing, 1);
  EXPECT_EQ(total_demand(std::vector{pod(2), pod(2, -5)}, kMean).missing, 1);
}

TEST(DemandTest, HistogramsMergeAndThoseOfOtherBoundsAreCounted) {
  PodReport first = pod(1);
  first.signals->ttft = {{0.1, 1}, {6, 3, 1}, 2.5};
  PodReport second = pod(1);
  second.signals->ttft = {{0.1, 1}, {4, 6, 0}, 1.5};
  PodReport odd = pod(1);
  odd.signals->ttft = {{0.5, 1}, {9, 9, 9}, 9};
  const Demand demand = total_demand(std::vector{first, second, odd, pod(1)}, kMean);
  EXPECT_EQ(demand.ttft.counts, (std::vector<std::uint64_t>{10, 9, 1}));
  EXPECT_EQ(demand.other_bounds, 1);
  EXPECT_DOUBLE_EQ(*demand.ttft.mean_s(), 0.2);
  EXPECT_DOUBLE_EQ(*demand.ttft.quantile_s(0.5), 0.1);
  // Rank 19 of 20 is the ninth of nine in (0.1, 1].
  EXPECT_DOUBLE_EQ(*demand.ttft.quantile_s(0.95), 1);
  EXPECT_DOUBLE_EQ(*demand.ttft.quantile_s(1), 1) << "what is above the last bound counts as it";
  EXPECT_EQ(demand.tpot.quantile_s(0.5), std::nullopt);
}

TEST(HistogramTest, BrokenOnesAreNotMerged) {
  Histogram into;
  EXPECT_FALSE(merge(into, {{1, 2}, {1, 2}, 0}));
  EXPECT_FALSE(merge(into, {{2, 1}, {1, 2, 3}, 0}));
  EXPECT_EQ(into, Histogram{});
}

TEST(LoadTest, InReplicasIsTheFullestDimension) {
  const Load one{.requests = 10, .decode = 2'000, .kv = 80'000};
  EXPECT_EQ(in_replicas({.requests = 25, .prefill = 1e9, .decode = 6'000, .kv = 8'000}, one), 3);
  EXPECT_EQ(in_replicas({.prefill = 1e9}, one), std::nullopt) << "nobody knows what one can take";
  EXPECT_EQ(in_replicas({.requests = 0}, one), 0);
}

}  // namespace
}  // namespace penstock::autoscale

#include "operator/autoscale/consolidation.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using enum ConsolidationLimit;

struct Case {
  const char* name;
  ConsolidationInput input;
  int removable;
  ConsolidationLimit limit;
};

constexpr ConsolidationThresholds kPlan{.utilization_max = 0.8};

class ConsolidationTest : public testing::TestWithParam<Case> {};

TEST_P(ConsolidationTest, FindsTheLargestSafeNumber) {
  const Consolidation found = consolidate(GetParam().input, kPlan);
  EXPECT_EQ(found.removable, GetParam().removable);
  EXPECT_EQ(found.limit, GetParam().limit);
}

const ServiceModel kService{
    .parameters = {.a = 6, .b = 0.05, .g = 2e-5}, .shape = {1'154, 211}, .bounds = {64, 256}};

INSTANTIATE_TEST_SUITE_P(
    Autoscale, ConsolidationTest,
    testing::Values(
        // 10 requests/s a replica, 80 % of it: 40 need five.
        Case{"Utilization",
             {.replicas = 8, .tail = {.requests = 40}, .coverage = 1, .capacity = {.requests = 10}},
             3,
             kUtilization},
        Case{"ExactlyFull",
             {.replicas = 5, .tail = {.requests = 40}, .coverage = 1, .capacity = {.requests = 10}},
             0,
             kUtilization},
        // 300,000 tokens at 64,000 each need five; the requests alone would need two.
        Case{"KvHoldsWhereRequestsWouldNot",
             {.replicas = 8,
              .tail = {.requests = 10, .kv = 300'000},
              .coverage = 1,
              .capacity = {.requests = 10, .kv = 64'000}},
             3,
             kKv},
        Case{"NoLoadLeavesOne",
             {.replicas = 8, .tail = {.requests = 0}, .coverage = 1, .capacity = {.requests = 10}},
             7,
             kNothing},
        Case{"NoHistory",
             {.replicas = 8,
              .tail = {.requests = 0},
              .coverage = 0.89,
              .capacity = {.requests = 10}},
             0,
             kNoHistory},
        Case{
            "JustEnoughHistory",
            {.replicas = 8, .tail = {.requests = 0}, .coverage = 0.9, .capacity = {.requests = 10}},
            7,
            kNothing},
        Case{"NoCapacity",
             {.replicas = 8, .tail = {.requests = 1}, .coverage = 1, .capacity = {.kv = 10}},
             0,
             kNoCapacity},
        // The model's rate for 0.8 x 24 = 19.2 ms is 8.92 requests/s: 40 need five, 45 six.
        Case{"PredictedLatency",
             {.replicas = 8,
              .tail = {.requests = 40},
              .coverage = 1,
              .capacity = {.requests = 100},
              .objectives = {.itl_ms = 24},
              .service = kService},
             3,
             kItl},
        Case{"PredictedLatencyOfALittleMore",
             {.replicas = 8,
              .tail = {.requests = 45},
              .coverage = 1,
              .capacity = {.requests = 100},
              .objectives = {.itl_ms = 24},
              .service = kService},
             2,
             kItl},
        // 200 ms at eight are 267 at six, 320 at five; 0.8 x 350 = 280.
        Case{"MeasuredLatencyGrows",
             {.replicas = 8,
              .tail = {.requests = 1},
              .coverage = 1,
              .capacity = {.requests = 100},
              .objectives = {.ttft_ms = 350},
              .ttft_ms = 200},
             2,
             kTtft},
        Case{"NoReplicas", {.coverage = 1, .capacity = {.requests = 1}}, 0, kNoCapacity},
        Case{"OneReplicaStays",
             {.replicas = 1, .tail = {.requests = 0}, .coverage = 1, .capacity = {.requests = 1}},
             0,
             kNothing}),
    [](const auto& test) { return std::string(test.param.name); });

// What may go by the tail never comes back for a load up to it: no 2 <-> 1.
TEST(ConsolidationTest, WhatItAllowsNeverBouncesBack) {
  const Load capacity{.requests = 10};
  for (int tail = 1; tail < 200; ++tail) {
    for (int replicas = 1; replicas < 40; ++replicas) {
      const Load load{.requests = tail};
      const Consolidation found = consolidate(
          {.replicas = replicas, .tail = load, .coverage = 1, .capacity = capacity}, kPlan);
      if (found.removable > 0) {
        EXPECT_LE(*in_replicas(load, capacity) / 0.8, replicas - found.removable + 1e-9);
      }
    }
  }
}

}  // namespace
}  // namespace penstock::autoscale

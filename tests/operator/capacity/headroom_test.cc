#include "operator/capacity/headroom.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::capacity {
namespace {

constexpr std::int64_t kDollar = 1'000'000'000'000;  // in picodollars

// A target of at most 10 replicas, of 4 GPUs each, with two that run.
HeadroomInputs inputs() {
  return {.now_ms = 1'000'000,
          .forecast = 2,
          .desired = 2,
          .replicas_max = 10,
          .present = 2,
          .allocatable = 2,
          .gpus_per_replica = 4};
}

TEST(HeadroomTest, WhatIsExpectedBeyondWhatThereIs) {
  struct Case {
    std::string name;
    HeadroomInputs in;
    HeadroomPlan out;
  };
  std::vector<Case> cases;
  const auto add = [&](std::string name, auto change, HeadroomPlan out) {
    HeadroomInputs in = inputs();
    change(in);
    cases.push_back({std::move(name), in, out});
  };
  using In = HeadroomInputs&;
  using Reason = HeadroomReason;
  add("as much as there is", [](In) {}, {2, 0, 0, 0, Reason::kEnough});
  add("less than there is", [](In in) { in.forecast = 1; }, {2, 0, 0, 0, Reason::kEnough});
  add("the forecast asks for more", [](In in) { in.forecast = 5; },
      {5, 3, 3, 12, Reason::kForecast});
  add("of which nodes have some",
      [](In in) {
        in.forecast = 5;
        in.allocatable = 4;
      },
      {5, 3, 1, 12, Reason::kForecast});
  add("never beyond the most", [](In in) { in.forecast = 50; }, {10, 8, 8, 32, Reason::kMaximum});
  add("a reserve", [](In in) { in.headroom_min = 2; }, {4, 2, 2, 8, Reason::kMinimum});
  add("a reserve at the bound",
      [](In in) {
        in.headroom_min = 2;
        in.present = 10;
        in.allocatable = 10;
      },
      {10, 0, 0, 0, Reason::kMaximum});
  add("the load of the moment", [](In in) { in.desired = 3; }, {3, 1, 1, 4, Reason::kLoad});
  add("no forecast, and the load", [](In in) { in.forecast.reset(); },
      {2, 0, 0, 0, Reason::kEnough});
  add("a replica on a node that goes",
      [](In in) {
        in.interrupted = 1;
        in.allocatable = 1;
      },
      {2, 1, 1, 4, Reason::kInterruption});
  add("the same, of as many as there may be",
      [](In in) {
        in.headroom_min = 2;
        in.present = 10;
        in.interrupted = 3;
        in.allocatable = 7;
      },
      {10, 3, 3, 12, Reason::kInterruption});
  add("at most so many GPUs",
      [](In in) {
        in.forecast = 6;
        in.limits.gpus = 11;
      },
      {4, 2, 2, 8, Reason::kLimited});
  add("at most so much money",
      [](In in) {
        in.forecast = 6;
        in.limits.picodollars_per_hour = 12 * kDollar;
        in.limits.gpu_picodollars_per_hour = 3 * kDollar;
      },
      {3, 1, 1, 4, Reason::kLimited});
  add("no money",
      [](In in) {
        in.forecast = 6;
        in.limits.picodollars_per_hour = 0;
        in.limits.gpu_picodollars_per_hour = 3 * kDollar;
      },
      {2, 0, 0, 0, Reason::kLimited});
  for (const Case& test : cases) {
    EXPECT_EQ(HeadroomPlanner().plan(test.in), test.out) << test.name;
  }
}

TEST(HeadroomTest, RisesAtOnceAndFallsAfterAWhile) {
  HeadroomPlanner planner;
  HeadroomInputs in = inputs();
  in.forecast = 6;
  EXPECT_EQ(planner.plan(in).expected, 6);
  in.forecast = 3;
  in.now_ms += HeadroomPlanner::kFallsAfterMs - 1;
  EXPECT_EQ(planner.plan(in).expected, 6);
  in.now_ms += 1;
  EXPECT_EQ(planner.plan(in).expected, 3);
}

TEST(HeadroomTest, WhatPodsTakeIsGoneFromItAtOnce) {
  HeadroomPlanner planner;
  HeadroomInputs in = inputs();
  in.forecast = 6;
  EXPECT_EQ(planner.plan(in).headroom, 4);
  in.present = 5;
  EXPECT_EQ(planner.plan(in).headroom, 1) << "the others have become replicas";
}

TEST(HeadroomTest, ALowForecastForAMomentSaysThatItSettles) {
  HeadroomPlanner planner;
  HeadroomInputs in = inputs();
  in.forecast = 4;
  planner.plan(in);
  in.forecast = 1;
  EXPECT_EQ(planner.plan(in).reason, HeadroomReason::kSettling);
}

TEST(HeadroomTest, ARestartLowersNothingBeforeThereIsAForecast) {
  HeadroomPlanner planner;
  planner.adopt(6);
  HeadroomInputs in = inputs();
  in.forecast.reset();
  EXPECT_EQ(planner.plan(in), (HeadroomPlan{6, 4, 4, 16, HeadroomReason::kUntrained}));
  in.now_ms += 10 * HeadroomPlanner::kFallsAfterMs;
  EXPECT_EQ(planner.plan(in).expected, 6);
  in.forecast = 2;
  in.now_ms += HeadroomPlanner::kFallsAfterMs;
  EXPECT_EQ(planner.plan(in).expected, 2);
}

TEST(HeadroomTest, LimitsWithoutAPriceBoundGpusAlone) {
  EXPECT_EQ(headroom_allowed({.gpus = 7}, 2), 3);
  EXPECT_EQ(headroom_allowed({.picodollars_per_hour = 5}, 1), kCountMax);
  EXPECT_EQ(headroom_allowed({.gpus = 0}, 8), 0);
}

}  // namespace
}  // namespace penstock::capacity

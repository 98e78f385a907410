#include <gtest/gtest.h>

#include "operator/simulate/aibrix.h"
#include "operator/simulate/contenders.h"
#include "operator/simulate/dynamo.h"
#include "operator/simulate/hpa.h"
#include "operator/simulate/knative.h"
#include "operator/simulate/oracle.h"
#include "operator/simulate/wva.h"

// Each baseline against a sequence that was computed by hand from its formula.
namespace penstock::simulate {
namespace {

using std::chrono::seconds;

constexpr autoscale::Time kBegin = autoscale::time_of(1'790'000'000'000);

autoscale::PodSight pod(double running, double waiting, double kv_tokens = 0) {
  return {.ready_since = kBegin,
          .limits = {.kv_tokens = 1'000},
          .signals =
              autoscale::Signals{.kv_tokens = kv_tokens, .running = running, .waiting = waiting}};
}

// `replicas` that hold as many requests each.
autoscale::Sight sight(int second, int replicas, double held_each) {
  autoscale::Sight seen{.now = kBegin + seconds(second), .replicas = replicas};
  for (int i = 0; i < replicas; ++i) {
    seen.pods.push_back(pod(held_each, 0));
  }
  return seen;
}

// Asks each second; the total is shared by what there is.
std::vector<int> play(Autoscaler& autoscaler, int from_s, int to_s, int replicas, double total,
                      int each_s) {
  std::vector<int> results;
  for (int second = from_s; second < to_s; ++second) {
    replicas = autoscaler.replicas(sight(second, replicas, total / replicas));
    if ((second - from_s) % each_s == 0) {
      results.push_back(replicas);
    }
  }
  return results;
}

using Counts = std::vector<int>;

// 100 held, 10 a replica: 10 wanted of 2. +100 % or +4, whichever is more, in 15 s: 6, then 10.
TEST(HpaTest, StepUpByTheDefaultPolicies) {
  Hpa hpa({.target = 10});
  EXPECT_EQ(play(hpa, 0, 60, 2, 100, 15), (Counts{6, 10, 10, 10}));
}

// 95 of 100 is within the tolerance of 10 %; then 40: 4 wanted, after 5 minutes of nothing higher.
TEST(HpaTest, ToleranceAndFiveMinutesBeforeItShrinks) {
  Hpa hpa({.target = 10, .metric_window = autoscale::milliseconds(1'000)});
  EXPECT_EQ(play(hpa, 0, 30, 10, 95, 15), (Counts{10, 10}));
  const Counts down = play(hpa, 30, 390, 10, 40, 15);
  EXPECT_EQ(down.at(18), 10);  // at 300 s: the 10 of second 15 still counts
  EXPECT_EQ(down.at(21), 4);
}

// Panic at once: 60 held, 10 a replica, of 1 ready: ceil(6) is more than twice 1.
TEST(KnativeTest, PanicsUpAtOnceAndDownAfterAStableWindow) {
  KnativeKpa knative(10, 100);
  EXPECT_EQ(play(knative, 0, 10, 1, 60, 2), (Counts{6, 6, 6, 6, 6}));
  const Counts down = play(knative, 10, 140, 6, 10, 2);
  EXPECT_EQ(down.at(20), 6);  // in panic it never shrinks
  EXPECT_LE(down.back(), 3);  // at most halved each time
}

// 5 pods at 20 each with target 10: r = 2, doubled. Then r = 0.5: no less than half.
TEST(AibrixTest, ApaByHand) {
  const AibrixSettings settings{.target = 10};
  EXPECT_EQ(aibrix_apa(20, 5, settings), 10);
  EXPECT_EQ(aibrix_apa(35, 5, settings), 10);  // ceil(17.5), at most twice
  EXPECT_EQ(aibrix_apa(10.9, 5, settings), 5);
  EXPECT_EQ(aibrix_apa(5, 7, settings), 4);  // ceil(3.5)
  EXPECT_EQ(aibrix_apa(1, 7, settings), 3);  // floor(7 / 2)
}

// A constant total of 100 that needs 10 pods: the mean of a pod goes into a formula for totals.
TEST(AibrixTest, KpaAsCodedTurnsInCircles) {
  const AibrixSettings settings{.target = 10};
  int replicas = 5;
  Counts course;
  for (int i = 0; i < 7; ++i) {
    course.push_back(replicas);
    replicas = aibrix_kpa(100.0 / replicas, 100.0 / replicas, replicas, settings);
  }
  EXPECT_EQ(course, (Counts{5, 2, 4, 3, 4, 3, 4}));
}

// One low recommendation within five minutes is enough.
TEST(AibrixTest, TheWindowWorksTheWrongWayRound) {
  Aibrix aibrix(Aibrix::Algorithm::kApa, {.target = 10,
                                          .stable_window = autoscale::milliseconds(1'000),
                                          .panic_window = autoscale::milliseconds(1'000)});
  EXPECT_EQ(aibrix.replicas(sight(0, 10, 10)), 10);
  EXPECT_EQ(aibrix.replicas(sight(10, 10, 4)), 5);
  EXPECT_EQ(aibrix.replicas(sight(20, 10, 8.5)), 5);  // 9 by itself; the 5 of before wins
}

TEST(WvaTest, SaturationByHand) {
  const WvaSaturation settings;
  autoscale::Sight seen{.replicas = 2, .pods = {pod(1, 0, 750), pod(1, 0, 750)}};
  EXPECT_EQ(wva_saturation(seen, settings), 3);  // 5 % of KV left, 10 % asked
  seen.pods = {pod(1, 3, 300), pod(1, 3, 300)};
  EXPECT_EQ(wva_saturation(seen, settings), 3);  // room for 2 waiting, 3 asked
  seen.pods.push_back({.created = kBegin});
  EXPECT_EQ(wva_saturation(seen, settings), 2);  // one is pending
  seen.pods = {pod(1, 0, 300), pod(1, 0, 300)};
  EXPECT_EQ(wva_saturation(seen, settings), 1);  // 60 % on one leaves 20 %
  seen.pods = {pod(1, 0, 400), pod(1, 0, 400)};
  EXPECT_EQ(wva_saturation(seen, settings), 2);  // 80 % would not
}

TEST(WvaTest, TokensByHand) {
  const WvaTokens settings{.up = 0.8, .down = 0.5};
  // 4,000 / 0.8 - 2 x 1,000 = 3,000: three more.
  EXPECT_EQ(wva_tokens(4'000, 1'000, 2, settings), 5);
  // 10 x 1,000 - 1,200 / 0.5 = 7,600: seven less.
  EXPECT_EQ(wva_tokens(1'200, 1'000, 10, settings), 3);
  EXPECT_EQ(wva_tokens(3'000, 1'000, 5, settings), 5);
}

// 240 s of the smallest recommendation: the first minutes still say 1.
TEST(WvaTest, ItsHpaWaitsFourMinutesOnTheWayUp) {
  Wva wva(0.8, 1'000, 100, 100);
  int replicas = 1;
  int grown_at = 0;
  for (int second = 0; second < 600 && grown_at == 0; ++second) {
    autoscale::Sight seen{.now = kBegin + seconds(second), .replicas = replicas};
    seen.pods = {pod(1, 0, second < 60 ? 500 : 3'000)};
    replicas = wva.replicas(seen);
    grown_at = replicas > 1 ? second : 0;
  }
  EXPECT_GE(grown_at, 60 + 225);
  EXPECT_LE(grown_at, 60 + 255);
}

// a = 10, b = 1: with 90 running an iteration takes 100 ms.
TEST(DynamoTest, GrowsOnlyWhenAllWorkersAreSlow) {
  const autoscale::ServiceParameters service{.a = 10, .b = 1, .g = 0};
  const Promise promise{.ttft_s = 60, .tpot_s = 0.09};
  autoscale::Sight seen{.replicas = 2, .pods = {pod(90, 0), pod(10, 0)}};
  EXPECT_EQ(dynamo_load(seen, service, promise), 2);
  seen.pods = {pod(90, 0), pod(90, 0)};
  EXPECT_EQ(dynamo_load(seen, service, promise), 3);
  seen.pods = {pod(20, 0), pod(20, 0)};  // 50 ms on one: below 72
  EXPECT_EQ(dynamo_load(seen, service, promise), 1);
  seen.pods = {pod(32, 0), pod(32, 0)};  // 74 ms
  EXPECT_EQ(dynamo_load(seen, service, promise), 2);
}

TEST(DynamoTest, TheTrendIsFollowedAndTheFirstPointsAreRepeated) {
  LocalLinearTrend trend;
  EXPECT_EQ(trend.next(100), 100);
  EXPECT_EQ(trend.next(110), 110);
  double next = 0;
  for (int i = 2; i < 40; ++i) {
    next = trend.next(100 + 10.0 * i);
  }
  EXPECT_NEAR(next, 500, 3);
}

// 3 of an engine's 2 requests/s, at the second look of the loop.
TEST(DynamoTest, TheThroughputLoopDividesTheForecast) {
  Dynamo dynamo({.engine_per_s = 2, .load_loop = false});
  int replicas = 1;
  for (int second = 0; second <= 181; ++second) {
    autoscale::Sight seen = sight(second, replicas, 0);
    seen.pods.front().signals->requests_per_s = 5;
    replicas = dynamo.replicas(seen);
  }
  EXPECT_EQ(replicas, 3);
}

// Busy 1, 1, 4, 1, 1, 1 without smoothing, 2 s ahead, half used.
TEST(OracleTest, KnowsTheLeadTimeAhead) {
  const std::vector<double> busy{1, 1, 1, 1, 4, 1, 1};
  EXPECT_EQ(oracle_replicas(busy, 0.5, 0, 2), (Counts{2, 2, 8, 8, 8, 2, 2}));
  EXPECT_EQ(oracle_replicas(busy, 1, 2, 0), (Counts{1, 1, 1, 2, 2, 2, 1}));
  Oracle oracle({2, 3}, kBegin);
  EXPECT_EQ(oracle.replicas(sight(1, 5, 0)), 3);
  EXPECT_EQ(oracle.replicas(sight(9, 5, 0)), 3);
}

TEST(ContendersTest, EachIsMadeAndDecides) {
  const Arrivals load{{0, 1'000, 200}, {10'000'000, 1'000, 200}};
  const Surroundings around{.load = &load, .begin = kBegin};
  for (const Contender& contender : contenders()) {
    const auto autoscaler = contender.make(contender.knob_default, around);
    EXPECT_GE(autoscaler->replicas(sight(0, 1, 1)), 1) << contender.name;
    EXPECT_LT(contender.knob_min, contender.knob_max);
  }
  EXPECT_EQ(find_contender("nobody"), nullptr);
}

}  // namespace
}  // namespace penstock::simulate

#include <cmath>

#include <gtest/gtest.h>

#include "operator/simulate/aibrix.h"
#include "operator/simulate/contenders.h"
#include "operator/simulate/dynamo.h"
#include "operator/simulate/hpa.h"
#include "operator/simulate/knative.h"
#include "operator/simulate/oracle.h"
#include "operator/simulate/sizing.h"
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
  const DynamoProfile profile{.service = {.a = 10, .b = 1, .g = 0}};
  const Promise promise{.ttft_s = 60, .tpot_s = 0.09};
  autoscale::Sight seen{.replicas = 2, .pods = {pod(90, 0), pod(10, 0)}};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 2);
  seen.pods = {pod(90, 0), pod(90, 0)};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 3);
  seen.pods = {pod(20, 0), pod(20, 0)};  // 50 ms on one: below 72
  EXPECT_EQ(dynamo_load(seen, profile, promise), 1);
  seen.pods = {pod(32, 0), pod(32, 0)};  // 74 ms
  EXPECT_EQ(dynamo_load(seen, profile, promise), 2);
}

// With 10 running an iteration takes 20 ms, and a prompt of 100 tokens 100 ms more.
TEST(DynamoTest, GrowsWhereAllQueuesBreakThePromiseOfTheFirstToken) {
  const DynamoProfile profile{.service = {.a = 10, .b = 1, .g = 0}, .prompt_tokens = 100};
  const Promise promise{.ttft_s = 1, .tpot_s = 1};
  autoscale::Sight seen{.replicas = 2, .pods = {pod(10, 9), pod(10, 8)}};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 2);  // 1,020 and 920 ms
  seen.pods = {pod(10, 9), pod(10, 9)};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 3);
  // In chunks of 100 the nine prompts of 920 ms are nine iterations: 9 x 20 + 900 = 1,080 ms.
  seen.pods = {pod(10, 8), pod(10, 8)};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 2);
  for (autoscale::PodSight& one : seen.pods) {
    one.limits.batched_tokens_max = 100;
  }
  EXPECT_EQ(dynamo_load(seen, profile, promise), 3);
  // Late first tokens here and late further ones there are no reason.
  seen.pods = {pod(10, 9), pod(500, 0)};  // 1,020 and 20 ms; 610 and 510 ms
  EXPECT_EQ(dynamo_load(seen, profile, {.ttft_s = 1, .tpot_s = 0.5}), 2);
}

// Two workers, so that one would have twice as much: 20 running, 30 ms an iteration. A prompt of
// 1,000 tokens alone then takes 1,030 ms, and a queue of two more 2,000 ms.
TEST(DynamoTest, ShrinksByTheQueuesPartOfTheFirstToken) {
  const DynamoProfile profile{.service = {.a = 10, .b = 1, .g = 0}, .prompt_tokens = 1'000};
  autoscale::Sight seen{.replicas = 2, .pods = {pod(10, 1), pod(10, 1)}};
  for (autoscale::PodSight& one : seen.pods) {
    one.limits.kv_tokens = 100'000;
  }
  // 0.8 (3,700 - 1,030) = 2,136 ms, though all of it, 3,030, is more than 0.8 x 3,700 = 2,960.
  EXPECT_EQ(dynamo_load(seen, profile, {.ttft_s = 3.7, .tpot_s = 1}), 1);
  EXPECT_EQ(dynamo_load(seen, profile, {.ttft_s = 3.5, .tpot_s = 1}), 2);  // 1,976 ms
  // Without a queue there is nothing to compare, unless the prompt alone breaks the promise.
  seen.pods = {pod(10, 0), pod(10, 0)};
  EXPECT_EQ(dynamo_load(seen, profile, {.ttft_s = 1.035, .tpot_s = 1}), 1);
  EXPECT_EQ(dynamo_load(seen, profile, {.ttft_s = 1.025, .tpot_s = 1}), 2);
}

// Of 1,000 tokens that a cache holds.
TEST(DynamoTest, ShrinksOnlyWhereTheCacheHoldsWhatRunsAndWhatWaits) {
  const DynamoProfile profile{.service = {.a = 10, .b = 1, .g = 0}, .prompt_tokens = 100};
  const Promise promise{.ttft_s = 60, .tpot_s = 1};
  autoscale::Sight seen{.replicas = 2, .pods = {pod(1, 0, 499), pod(1, 0, 499)}};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 1);
  seen.pods = {pod(1, 0, 499), pod(1, 0, 500)};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 2);
  seen.pods = {pod(1, 1, 399), pod(1, 1, 399)};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 1);
  seen.pods = {pod(1, 1, 400), pod(1, 1, 399)};
  EXPECT_EQ(dynamo_load(seen, profile, promise), 2);
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

// An interval is 180 s: 5 requests/s are 900, and 2.5 of an engine's need two. Until it is over
// nothing is known, and what was there before it began is no part of it.
TEST(DynamoTest, TheThroughputLoopDividesTheForecastOfWholeIntervals) {
  Dynamo dynamo({.engine_per_s = 2.5, .load_loop = false});
  int replicas = 4;
  for (int second = 0; second <= 180; ++second) {
    EXPECT_EQ(replicas, 4) << second;
    autoscale::Sight seen = sight(second, replicas, 0);
    seen.pods.front().signals->requests_per_s = 5;
    replicas = dynamo.replicas(seen);
  }
  EXPECT_EQ(replicas, 2);
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

// Some engine, and a load of one kind of request at so many times lambda* of it: `low` for 100 s,
// then `high` for as long.
struct Known {
  Known(double low, double high) {
    around.engine.service = {.a = 10, .b = 0.1, .g = 1e-5};
    around.begin = kBegin;
    load = {{0, 1'000, 200}};
    around.load = &load;
    rate = sustainable_per_s(around.engine, shape_of(load), around.promise);
    for (double at_s = 1 / (low * rate); at_s < 200;
         at_s += 1 / ((at_s < 100 ? low : high) * rate)) {
      load.push_back({std::llround(at_s * 1e6), 1'000, 200});
    }
  }
  Known(const Known&) = delete;  // `around` points to its load
  Known& operator=(const Known&) = delete;

  [[nodiscard]] std::unique_ptr<Autoscaler> make(std::string_view name, double knob) const {
    return find_contender(name)->make(knob, around);
  }

  // Requests that a full replica holds.
  [[nodiscard]] double full() const {
    const autoscale::RequestShape shape = shape_of(load);
    return autoscale::QueueModel(around.engine.service, shape, bounds_of(around.engine, shape))
        .at(rate)
        .served;
  }

  Arrivals load;
  Surroundings around;
  double rate = 0;
};

// No limit on the way up, 5 % of tolerance, a metric of 15 s; down by a tenth a minute, once
// nothing higher was wanted for ten minutes.
TEST(ContendersTest, TunedHpaByHand) {
  const Known known(1, 1);
  const auto hpa = known.make("hpa-tuned", 0.5);
  const double target = 0.5 * known.full();
  EXPECT_EQ(play(*hpa, 0, 60, 2, 10 * target, 15), (Counts{10, 10, 10, 10}));
  EXPECT_EQ(play(*hpa, 60, 90, 10, 10.4 * target, 15), (Counts{10, 10}));
  EXPECT_EQ(play(*hpa, 90, 120, 10, 10.6 * target, 15), (Counts{10, 11}));
  // 11 was wanted last at 105 s, or at 120 s with a second of what came then. From then on
  // 11 x 0.9 = 9.9, 9 x 0.9 = 8.1, 8 x 0.9 = 7.2, 7 x 0.9 = 6.3, 6 x 0.9 = 5.4, 5 x 0.9 = 4.5.
  const Counts down = play(*hpa, 120, 1'260, 11, 4 * target, 60);
  EXPECT_EQ(down, (Counts{11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 9, 8, 7, 6, 5, 4, 4, 4, 4}));
}

// 3 replicas' worth of load at 0.8 each are 3.75.
TEST(ContendersTest, StaticPeakByHand) {
  const Known known(0.5, 3);
  const auto peak = known.make("static-peak", 0.8);
  for (const int second : {0, 150, 100'000}) {
    EXPECT_EQ(peak->replicas(sight(second, 1, 0)), 4);
  }
  EXPECT_EQ(known.make("static-peak", 0.65)->replicas(sight(0, 1, 0)), 5);  // 4.6
}

// A start takes 10 s, at most 11. In second s it knows the mean of the seconds s + 1 to s + 21,
// of which s - 78 have 3 replicas' worth and the others half a one: at 84 s 1.21, over 0.8 1.5.
TEST(ContendersTest, OracleByHand) {
  Known known(0.5, 3);
  known.around.start_s = 10;
  const auto oracle = known.make("oracle", 0.8);
  const auto at = [&](int second) { return oracle->replicas(sight(second, 1, 0)); };
  EXPECT_EQ(at(75), 1);
  EXPECT_EQ(at(84), 2);
  EXPECT_EQ(at(90), 3);  // 1.93, 2.4
  EXPECT_EQ(at(99), 4);
  EXPECT_EQ(at(150), 4);
}

// 12,000 tokens of 1 ms each: five that wait and the next one take 72 s.
TEST(ContendersTest, DynamoKnowsThePromptsOfItsLoad) {
  const Arrivals load{{0, 12'000, 200}, {10'000'000, 12'000, 200}};
  Surroundings around{.promise = {.ttft_s = 60, .tpot_s = 1}, .load = &load, .begin = kBegin};
  around.engine.service = {.a = 10, .b = 1, .g = 0};
  const auto dynamo = find_contender("dynamo-load")->make(1, around);
  EXPECT_EQ(dynamo->replicas({.now = kBegin, .replicas = 1, .pods = {pod(1, 3)}}), 1);
  EXPECT_EQ(dynamo->replicas({.now = kBegin + seconds(5), .replicas = 1, .pods = {pod(1, 5)}}), 2);
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

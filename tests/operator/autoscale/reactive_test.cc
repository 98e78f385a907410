#include "operator/autoscale/reactive.h"

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

ReactiveInput input(int second, double stable, double panic, int ready) {
  return {.now = kStart + seconds(second),
          .stable = stable,
          .panic = panic,
          .target = 10,
          .ready = ready,
          .replicas = ready};
}

constexpr ReactiveSettings kMinute{.stable_window = seconds(60)};

// Past its first call, out of panic.
ReactiveState settled() {
  return {.measured_ms = ms_of(kStart)};
}

TEST(ReplicaCountTest, RoundsUpButNotOverRoundingErrors) {
  EXPECT_EQ(replicas_for(101, 10), 11);
  EXPECT_EQ(replicas_for(100, 10), 10);
  EXPECT_EQ(replicas_for(0.1 + 0.2, 0.1), 3) << "0.30000000000000004 / 0.1";
  EXPECT_EQ(replicas_for(0, 10), 0);
  EXPECT_EQ(replicas_for(-5, 10), 0);
  EXPECT_EQ(replicas_for(1e300, 1e-300), kReplicasMax);
}

struct Step {
  const char* name;
  double stable;
  double panic;
  int ready;
  int expected;
  bool in_panic;
};

class ReactiveStepTest : public testing::TestWithParam<Step> {};

TEST_P(ReactiveStepTest, OneStepOutOfPanic) {
  const Step& step = GetParam();
  ReactiveState state = settled();
  const ReactiveResult result =
      reactive(input(0, step.stable, step.panic, step.ready), ReactiveSettings{}, state);
  EXPECT_EQ(result.replicas, step.expected);
  EXPECT_EQ(result.in_panic, step.in_panic);
}

INSTANTIATE_TEST_SUITE_P(
    Reactive, ReactiveStepTest,
    testing::Values(Step{"TotalsNotMeans", 100, 100, 5, 10,
                         true},  // five pods of 20 need ten, not two
                    Step{"AtTarget", 100, 100, 10, 10, false},
                    Step{"WithinTolerance", 109, 109, 10, 10, false},  // ratio 1.09
                    Step{"BeyondTolerance", 111, 111, 10, 12, false},  // ceil(11.1)
                    Step{"BelowTolerance", 89, 89, 10, 9, false},      // ceil(8.9)
                    Step{"DownAtMostByHalf", 5, 5, 10, 5, false},  // ceil(.5) = 1; floor(10 / 2)
                    Step{"DownToZeroFromOne", 0, 0, 1, 0, false},  // floor(1 / 2)
                    Step{"ZeroTrafficIsNoPanic", 0, 0, 4, 2, false},
                    Step{"PanicTakesTheLarger", 40, 90, 4, 9, true},  // 9 >= 2 x 4
                    Step{"JustBelowPanic", 40, 70, 4, 4, false},      // 7 < 8: stable alone counts
                    Step{"NoneReadyCountsAsOne", 25, 25, 0, 3, true}),
    [](const auto& test) { return std::string(test.param.name); });

// A constant total load ends at its fixed point and stays: the mean per pod in the place of the
// total makes 5, 2, 4, 3, 4, 3 … of the same load.
TEST(ReactiveTest, AConstantLoadIsAFixedPoint) {
  ReactiveState state = settled();
  int replicas = 5;
  for (int second = 0; second < 600; second += 10) {
    replicas = *reactive(input(second, 100, 100, replicas), ReactiveSettings{}, state).replicas;
    EXPECT_EQ(replicas, 10) << second;
  }
}

TEST(ReactiveTest, PanicRemembersItsPeakForAWholeStableWindow) {
  ReactiveState state = settled();
  EXPECT_EQ(reactive(input(0, 20, 90, 2), kMinute, state).replicas, 9);
  EXPECT_EQ(reactive(input(2, 20, 120, 2), kMinute, state).replicas, 12);
  // The burst is over, and ten are ready by now: nothing shrinks until 60 s after the last excess.
  EXPECT_EQ(reactive(input(30, 20, 20, 10), kMinute, state).replicas, 12);
  EXPECT_EQ(reactive(input(62, 20, 20, 10), kMinute, state).replicas, 12);
  const ReactiveResult after = reactive(input(63, 20, 20, 10), kMinute, state);
  EXPECT_EQ(after.replicas, 5);  // floor(10 / 2)
  EXPECT_FALSE(after.in_panic);
  EXPECT_EQ(state.panic_peak, 0);
}

TEST(ReactiveTest, EachExcessExtendsPanic) {
  ReactiveState state = settled();
  for (int second = 0; second <= 120; second += 40) {
    EXPECT_TRUE(reactive(input(second, 20, 90, 2), kMinute, state).in_panic);
  }
  EXPECT_TRUE(reactive(input(180, 20, 20, 9), kMinute, state).in_panic);
  EXPECT_FALSE(reactive(input(181, 20, 20, 9), kMinute, state).in_panic);
}

TEST(ReactiveTest, ARestartOverManyReplicasNeverShrinksThem) {
  ReactiveState state;
  // The windows hold one second of a quiet moment; eight run.
  EXPECT_EQ(reactive(input(0, 3, 3, 8), kMinute, state).replicas, 8);
  EXPECT_EQ(reactive(input(60, 3, 3, 8), kMinute, state).replicas, 8);
  EXPECT_EQ(reactive(input(61, 3, 3, 8), kMinute, state).replicas, 4);
}

TEST(ReactiveTest, ARestartWhilePodsStartKeepsWhatWasAskedFor) {
  ReactiveState state;
  ReactiveInput first = input(0, 3, 3, 1);
  first.replicas = 8;
  EXPECT_EQ(reactive(first, ReactiveSettings{}, state).replicas, 8);
}

// Ten are asked for and nine serve, because one restarts: 92 is within 10 % of what ten should
// carry.
TEST(ReactiveTest, ToleranceIsOfWhatIsAskedFor) {
  ReactiveState state = settled();
  ReactiveInput restarting = input(0, 92, 92, 9);
  restarting.replicas = 10;
  EXPECT_EQ(reactive(restarting, ReactiveSettings{}, state).replicas, 10);
}

TEST(ReactiveTest, ARestartOverOneReplicaIsNoPanic) {
  ReactiveState state;
  const ReactiveResult result = reactive(input(0, 3, 3, 1), ReactiveSettings{}, state);
  EXPECT_EQ(result.replicas, 1);
  EXPECT_FALSE(result.in_panic);
}

TEST(ReactiveTest, NoDataHoldsAndForgetsNothing) {
  ReactiveState state = settled();
  const ReactiveSettings settings;
  EXPECT_EQ(reactive(input(0, 20, 90, 2), settings, state).replicas, 9);
  const ReactiveState before = state;
  ReactiveInput blind = input(10, 0, 0, 9);
  blind.panic.reset();
  EXPECT_EQ(reactive(blind, settings, state).replicas, std::nullopt);
  blind.stable.reset();
  EXPECT_EQ(reactive(blind, settings, state).replicas, std::nullopt);
  EXPECT_EQ(state, before);
  ReactiveInput targetless = input(10, 20, 20, 9);
  targetless.target = 0;
  EXPECT_EQ(reactive(targetless, settings, state).replicas, std::nullopt);
}

// A minute and more without data is no history either.
TEST(ReactiveTest, AGapIsLikeARestart) {
  ReactiveState state = settled();
  EXPECT_EQ(reactive(input(0, 80, 80, 8), kMinute, state).replicas, 8);
  EXPECT_EQ(reactive(input(61, 3, 3, 8), kMinute, state).replicas, 8);
  EXPECT_EQ(reactive(input(121, 3, 3, 8), kMinute, state).replicas, 8);
  EXPECT_EQ(reactive(input(122, 3, 3, 8), kMinute, state).replicas, 4);
}

TEST(ReactiveTest, ScaleDownDelayKeepsTheLargestOfItsWindow) {
  ReactiveState state = settled();
  const ReactiveSettings settings{.scale_down_delay = seconds(30)};
  EXPECT_EQ(reactive(input(0, 100, 100, 10), settings, state).replicas, 10);
  EXPECT_EQ(reactive(input(10, 80, 80, 10), settings, state).replicas, 10);
  EXPECT_EQ(reactive(input(29, 60, 60, 10), settings, state).replicas, 10);
  EXPECT_EQ(reactive(input(30, 60, 60, 10), settings, state).replicas, 8) << "of second 10";
  EXPECT_EQ(reactive(input(40, 60, 60, 10), settings, state).replicas, 6);
  EXPECT_EQ(reactive(input(41, 130, 130, 10), settings, state).replicas, 13) << "up at once";
}

TEST(ReactiveTest, ScaleUpRateBoundsOneStep) {
  ReactiveState state = settled();
  const ReactiveSettings settings{.max_scale_up_rate = 1.5};
  EXPECT_EQ(reactive(input(0, 1'000, 1'000, 3), settings, state).replicas, 5);  // ceil(4.5)
}

TEST(ReactiveTest, BurstCapacityIsWhatIsLeftAfterLoadAndReserve) {
  ReactiveState state = settled();
  const ReactiveSettings settings{.burst_capacity = 20};
  // floor(10 x 10 - 20 - 70.5), and with 95: buffer.
  EXPECT_EQ(reactive(input(0, 70, 70.5, 10), settings, state).excess_burst_capacity, 9);
  EXPECT_EQ(reactive(input(1, 70, 95, 10), settings, state).excess_burst_capacity, -15);
}

}  // namespace
}  // namespace penstock::autoscale

#include "sidecar/domain/backend_choice.h"

#include <array>
#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart = Instant(std::chrono::hours(1));

resolve::Route route(std::vector<resolve::WeightedBackend> backends,
                     std::vector<std::uint32_t> fallback = {}) {
  resolve::Route result;
  result.backends = std::move(backends);
  result.fallback = std::move(fallback);
  return result;
}

BackendSet set(std::initializer_list<std::size_t> backends) {
  BackendSet result;
  for (const std::size_t backend : backends) {
    result.set(backend);
  }
  return result;
}

// Fails the calls of one backend until it is ejected.
void eject(BackendChooser& chooser, std::uint32_t backend, Instant now) {
  while (chooser.health(backend) == BackendHealth::kHealthy) {
    chooser.record({.backend = backend}, BackendOutcome::kFailure, now);
  }
}

TEST(BackendChooserTest, PicksByWeight) {
  BackendChooser chooser(3);
  const auto weighted = route({{0, 1}, {1, 3}, {2, 0}});
  std::array<int, 3> picked{};
  for (std::uint64_t random = 0; random < 400; ++random) {
    ++picked.at(chooser.choose(weighted, {}, random, kStart)->backend);
  }
  EXPECT_EQ(picked[0], 100);
  EXPECT_EQ(picked[1], 300);
  EXPECT_EQ(picked[2], 0);
}

TEST(BackendChooserTest, TheLargestWeightsDoNotOverflow) {
  BackendChooser chooser(2);
  const auto weighted = route({{0, UINT32_MAX}, {1, UINT32_MAX}});
  EXPECT_EQ(chooser.choose(weighted, {}, UINT32_MAX - 1ULL, kStart)->backend, 0U);
  EXPECT_EQ(chooser.choose(weighted, {}, UINT32_MAX, kStart)->backend, 1U);
}

TEST(BackendChooserTest, NeverPicksAnExcludedBackend) {
  BackendChooser chooser(3);
  const auto weighted = route({{0, 1}, {1, 1}}, {2});
  for (std::uint64_t random = 0; random < 10; ++random) {
    EXPECT_EQ(chooser.choose(weighted, set({0}), random, kStart)->backend, 1U);
  }
  EXPECT_EQ(chooser.choose(weighted, set({0, 1}), 0, kStart)->backend, 2U);
  EXPECT_FALSE(chooser.choose(weighted, set({0, 1, 2}), 0, kStart));
}

TEST(BackendChooserTest, IndexesBeyondTheTableAreNoCandidates) {
  BackendChooser chooser(1);
  EXPECT_FALSE(chooser.choose(route({{5, 1}}, {9}), {}, 0, kStart));
  chooser.record({.backend = 9}, BackendOutcome::kFailure, kStart);
}

TEST(BackendChooserTest, AFurtherAttemptGoesToTheFallbackInOrder) {
  BackendChooser chooser(4);
  const auto weighted = route({{0, 1}, {1, 1}}, {3, 2});
  EXPECT_EQ(chooser.choose_next(weighted, set({0}), 0, kStart)->backend, 3U);
  EXPECT_EQ(chooser.choose_next(weighted, set({0, 3}), 0, kStart)->backend, 2U);
  EXPECT_EQ(chooser.choose_next(weighted, set({0, 3, 2}), 0, kStart)->backend, 1U);
  EXPECT_FALSE(chooser.choose_next(weighted, set({0, 1, 2, 3}), 0, kStart));
}

TEST(BackendChooserTest, AFurtherAttemptSkipsTheEjected) {
  BackendChooser chooser(3);
  const auto weighted = route({{0, 1}}, {1, 2});
  eject(chooser, 1, kStart);
  EXPECT_EQ(chooser.choose_next(weighted, set({0}), 0, kStart)->backend, 2U);
  eject(chooser, 2, kStart);
  EXPECT_FALSE(chooser.choose_next(weighted, set({0}), 0, kStart));
}

TEST(BackendChooserTest, FailuresInARowEject) {
  BackendChooser chooser(2);
  const auto weighted = route({{0, 1}, {1, 1}});
  for (int i = 0; i < 4; ++i) {
    chooser.record({.backend = 0}, BackendOutcome::kFailure, kStart);
  }
  chooser.record({.backend = 0}, BackendOutcome::kSuccess, kStart);
  for (int i = 0; i < 4; ++i) {
    chooser.record({.backend = 0}, BackendOutcome::kFailure, kStart);
    chooser.record({.backend = 0}, BackendOutcome::kNothing, kStart);
  }
  EXPECT_EQ(chooser.health(0), BackendHealth::kHealthy);
  EXPECT_EQ(chooser.consecutive_failures(0), 4U);
  chooser.record({.backend = 0}, BackendOutcome::kFailure, kStart);
  EXPECT_EQ(chooser.health(0), BackendHealth::kEjected);
  for (std::uint64_t random = 0; random < 10; ++random) {
    EXPECT_EQ(chooser.choose(weighted, {}, random, kStart + milliseconds(9'999))->backend, 1U);
  }
}

TEST(BackendChooserTest, OneProbeAfterTheBackoffDecides) {
  BackendChooser chooser(2);
  const auto weighted = route({{0, 1}, {1, 1}});
  eject(chooser, 0, kStart);
  const Instant later = kStart + seconds(10);
  const auto probe = chooser.choose(weighted, {}, 1, later);
  ASSERT_TRUE(probe);
  EXPECT_EQ(probe->backend, 0U);
  EXPECT_TRUE(probe->probe);
  EXPECT_EQ(chooser.health(0), BackendHealth::kProbing);
  // One at a time.
  for (std::uint64_t random = 0; random < 10; ++random) {
    EXPECT_EQ(chooser.choose(weighted, {}, random, later)->backend, 1U);
  }
  chooser.record(*probe, BackendOutcome::kSuccess, later);
  EXPECT_EQ(chooser.health(0), BackendHealth::kHealthy);
  EXPECT_EQ(chooser.choose(weighted, {}, 0, later)->backend, 0U);
}

TEST(BackendChooserTest, EachFailedProbeDoublesTheBackoffUpToFiveMinutes) {
  BackendChooser chooser(2);
  const auto weighted = route({{0, 1}, {1, 1}});
  Instant now = kStart;
  eject(chooser, 0, now);
  for (const int expected : {10, 20, 40, 80, 160, 300, 300}) {
    const auto early = chooser.choose(weighted, {}, 0, now + seconds(expected) - milliseconds(1));
    EXPECT_EQ(early->backend, 1U) << expected;
    now += seconds(expected);
    const auto probe = chooser.choose(weighted, {}, 1, now);
    ASSERT_TRUE(probe->probe) << expected;
    chooser.record(*probe, BackendOutcome::kFailure, now);
  }
  // A success starts over.
  now += minutes(5);
  chooser.record(*chooser.choose(weighted, {}, 0, now), BackendOutcome::kSuccess, now);
  eject(chooser, 0, now);
  EXPECT_TRUE(chooser.choose(weighted, {}, 1, now + seconds(10))->probe);
}

TEST(BackendChooserTest, AProbeWithoutAnAnswerMakesRoomForAnother) {
  BackendChooser chooser(2);
  const auto weighted = route({{0, 1}, {1, 1}});
  eject(chooser, 0, kStart);
  Instant now = kStart + seconds(10);
  const auto lost = chooser.choose(weighted, {}, 1, now);
  ASSERT_TRUE(lost->probe);
  EXPECT_FALSE(chooser.choose(weighted, {}, 1, now + seconds(59))->probe);
  EXPECT_TRUE(chooser.choose(weighted, {}, 1, now + seconds(60))->probe);

  // A probe whose client left says nothing: the next call probes.
  now += seconds(60);
  chooser.record(*lost, BackendOutcome::kNothing, now);
  EXPECT_TRUE(chooser.choose(weighted, {}, 1, now)->probe);
}

TEST(BackendChooserTest, LateOutcomesOfCallsFromBeforeTheEjectionDoNotCount) {
  BackendChooser chooser(2);
  eject(chooser, 0, kStart);
  chooser.record({.backend = 0}, BackendOutcome::kSuccess, kStart);
  EXPECT_EQ(chooser.health(0), BackendHealth::kEjected);
  for (int i = 0; i < 20; ++i) {
    chooser.record({.backend = 0}, BackendOutcome::kFailure, kStart);
  }
  EXPECT_TRUE(chooser.choose(route({{0, 1}}), {}, 0, kStart + seconds(10))->probe);
}

TEST(BackendChooserTest, WithNothingHealthyTheFallbackThenTheRouteAllTheSame) {
  BackendChooser chooser(2);
  const auto weighted = route({{0, 1}}, {1});
  eject(chooser, 0, kStart);
  EXPECT_EQ(chooser.choose(weighted, {}, 0, kStart)->backend, 1U);
  eject(chooser, 1, kStart);
  const auto forced = chooser.choose(weighted, {}, 0, kStart);
  ASSERT_TRUE(forced);
  EXPECT_EQ(forced->backend, 0U);
  EXPECT_TRUE(forced->forced);
  EXPECT_EQ(chooser.choose(weighted, set({0}), 0, kStart)->backend, 1U);
  // It worked after all.
  chooser.record(*forced, BackendOutcome::kSuccess, kStart);
  EXPECT_EQ(chooser.health(0), BackendHealth::kHealthy);
}

TEST(BackendChooserTest, EveryHealthHasALabel) {
  EXPECT_EQ(label(BackendHealth::kHealthy), "healthy");
  EXPECT_EQ(label(BackendHealth::kEjected), "ejected");
  EXPECT_EQ(label(BackendHealth::kProbing), "probing");
}

}  // namespace
}  // namespace penstock::domain

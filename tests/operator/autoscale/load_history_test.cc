#include "operator/autoscale/load_history.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/autoscale/decision.h"
#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

Time at(int second) {
  return time_of(kStartMs) + seconds(second);
}

// `pods` that report `requests` each, and `missing` that do not.
Demand demand(int pods, double requests, int missing = 0) {
  std::vector<PodReport> reports(
      static_cast<std::size_t>(pods),
      PodReport{Signals{.requests_per_s = requests, .decode_tokens_per_s = requests * 10}});
  reports.resize(reports.size() + static_cast<std::size_t>(missing));
  return total_demand(reports, {});
}

constexpr LoadHistorySettings kMinute{
    .stable = seconds(60), .panic = seconds(6), .tokens = seconds(60)};

TEST(LoadHistoryTest, WindowsOfTotals) {
  LoadHistory history(kMinute);
  for (int second = 0; second < 600; ++second) {
    history.add(at(second), demand(4, second < 594 ? 10 : 30), 0);
  }
  const Observed seen = history.observed(at(599));
  EXPECT_EQ(seen.panic.requests, 120);
  EXPECT_EQ(seen.stable.requests, 48);  // (54 x 40 + 6 x 120) / 60
  EXPECT_EQ(seen.stable.decode, 480);
  EXPECT_EQ(seen.stable.kv, std::nullopt);
  EXPECT_EQ(seen.coverage, 1);
  // The busiest minute, cut where minutes of the clock are: the last 20 s are of a new one.
  EXPECT_DOUBLE_EQ(*seen.tail.decode, 640);
  // Requests less, by their mean of ten minutes.
  EXPECT_NEAR(*seen.tail.requests, std::pow(48, 0.8) * std::pow(40.8, 0.2), 1e-6);
  EXPECT_EQ(seen.peak, seen.tail.requests);
}

// What is over long before a replica is there is no load to start one for; tokens are judged over
// minutes anyway.
TEST(LoadHistoryTest, WhereStartsAreLongALoadHasToLast) {
  LoadHistory history({.stable = seconds(20)});
  for (int second = 0; second < 400; ++second) {
    history.add(at(second), demand(4, second >= 380 ? 50 : 10), 0);
  }
  EXPECT_EQ(history.observed(at(399), seconds(80)).stable.requests, 200);
  EXPECT_EQ(history.observed(at(399), seconds(400)).stable.requests,
            72);  // (20 x 200 + 80 x 40) / 100
  EXPECT_NEAR(*history.observed(at(399), seconds(4'000)).stable.requests, 57.8, 0.1)
      << "180 s at most";
  EXPECT_EQ(history.observed(at(399), seconds(400)).panic.requests, 200);
}

// A peak of the stable window counts for five minutes and a start.
TEST(LoadHistoryTest, TheTailIsThatOfTheStableWindowAndAStartLonger) {
  LoadHistory history({.stable = seconds(20)});
  for (int second = 0; second < 1'000; ++second) {
    history.add(at(second), demand(4, second >= 200 && second < 220 ? 30 : 10), 0);
  }
  EXPECT_GT(history.observed(at(490)).tail.requests, 90);
  EXPECT_LT(history.observed(at(999)).tail.requests, 46);
  EXPECT_GT(history.observed(at(999), seconds(500)).tail.requests, 90);
  EXPECT_LT(history.observed(at(999), seconds(800)).coverage, 0.95) << "nothing is known of 100 s";
}

// After an outage all comes back at once: where a start is long, most of what the last two hours'
// busiest ten minutes had counts as the tail of a rate, and nothing of a queue that has gone.
TEST(LoadHistoryTest, ALoadThatVanishesIsExpectedBack) {
  constexpr int kHour = 3'600;
  constexpr seconds kNode{450};
  LoadHistory history({.stable = seconds(20)});
  for (int second = 0; second < 3 * kHour; ++second) {
    Demand seen = demand(4, second < kHour ? 10 : 0);
    seen.total.kv = second < kHour ? 1e6 : 0;
    history.add(at(second), seen, 0);
    if (second == 2 * kHour) {
      const Observed found = history.observed(at(second), kNode);
      EXPECT_NEAR(*found.tail.requests, 0.75 * 40 * std::pow(0.1, 0.2) * std::pow(1 / 0.75, 0.1),
                  1e-6);
      EXPECT_DOUBLE_EQ(*found.tail.decode, 0.75 * 400);
      EXPECT_EQ(found.tail.kv, 0);
      EXPECT_EQ(found.stable.requests, 0);
      EXPECT_EQ(history.observed(at(second), seconds(90)).tail.requests, 0);
    }
  }
  for (int second = 800; second < 820; ++second) {
    history.add(at(3 * kHour + second), demand(4, 0), 0);
  }
  EXPECT_EQ(history.observed(at(3 * kHour + 819), kNode).tail.requests, 0);
}

// Seconds of a burst hold replicas for five minutes and a start, and few of them for two hours.
TEST(LoadHistoryTest, ABurstIsNoLevel) {
  LoadHistory history({.stable = seconds(20)});
  for (int second = 0; second < 3'000; ++second) {
    history.add(at(second), demand(4, second >= 1'200 && second < 1'220 ? 100 : 10), 0);
    if (second >= 2'400) {
      EXPECT_LE(history.observed(at(second), seconds(450)).tail.requests, 51);
    }
  }
}

// An operator that starts in a burst has seen ten seconds of the first ten minutes.
TEST(LoadHistoryTest, AFewSecondsAreNoLevel) {
  LoadHistory history({.stable = seconds(20)});
  const auto begin = at(0) + (seconds(600) - at(0).time_since_epoch() % seconds(600)) - seconds(10);
  for (int second = 0; second < 3'000; ++second) {
    history.add(begin + seconds(second), demand(4, second < 10 ? 100 : 10), 0);
  }
  EXPECT_LT(history.observed(begin + seconds(3'000), seconds(450)).tail.requests, 51);
}

// Two of four say nothing for half an hour, while the others carry all of the load.
TEST(LoadHistoryTest, ALevelOfPodsThatSaidNothingRaisesNothing) {
  LoadHistory history;
  for (int second = 0; second < 3'000; ++second) {
    history.add(at(second), second < 1'800 ? demand(2, 20, 2) : demand(4, 10), 0);
  }
  const Observed seen = history.observed(at(2'999), seconds(450));
  EXPECT_NEAR(seen.peak.value_or(0), 40, 0.5);
  EXPECT_GT(seen.tail.requests.value_or(0), 50) << "and keeps what there is";
}

TEST(LoadHistoryTest, SilenceIsMissingAndSoonStale) {
  LoadHistory history(kMinute);
  history.add(at(0), demand(4, 10), 0);
  for (int second = 1; second <= 6; ++second) {
    history.add(at(second), demand(0, 0, 4), 0);
  }
  const Observed seen = history.observed(at(6));
  EXPECT_EQ(seen.stable.requests, 40) << "not a seventh of it";
  EXPECT_EQ(seen.panic, Load{});
  EXPECT_EQ(seen.missing_pods, 4);
  EXPECT_LE(seen.coverage, 0.2) << "one minute of five";
}

TEST(LoadHistoryTest, InTheTailMissingPodsAreLikeTheOthers) {
  LoadHistory history;
  for (int second = 0; second < 20; ++second) {
    history.add(at(second), demand(3, 10, 1), 0);
  }
  const Observed seen = history.observed(at(19));
  EXPECT_EQ(seen.stable.requests, 30);
  EXPECT_EQ(seen.tail.requests, 40);
}

TEST(LoadHistoryTest, LatenciesAreMeansOfTheirMoment) {
  LoadHistory history;
  Demand slow = demand(1, 10);
  slow.ttft = {{1}, {4, 0}, 1};  // 250 ms
  slow.tpot = {{1}, {4, 0}, 0.08};
  history.add(at(0), slow, 0);
  EXPECT_DOUBLE_EQ(*history.observed(at(0)).tail_ttft_ms, 250);
  EXPECT_DOUBLE_EQ(*history.observed(at(0)).tail_itl_ms, 20);
}

// Ten minutes of them: a flood is not forgotten before it was learned what a replica carries.
TEST(LoadHistoryTest, LatenciesAreRememberedLongerThanPeaks) {
  LoadHistory history;
  for (int second = 0; second < 1'000; ++second) {
    Demand seen = demand(2, 10);
    seen.ttft = {{1}, {1, 0}, second < 300 ? 0.8 : 0.2};
    history.add(at(second), seen, 0);
    if (second == 700 || second == 980) {
      EXPECT_NEAR(*history.observed(at(second)).tail_ttft_ms, second == 700 ? 800 : 200, 1);
    }
  }
  EXPECT_NEAR(*history.observed(at(999), seconds(400)).tail_ttft_ms, 800, 1) << "and a start";
}

TEST(LoadHistoryTest, ActiveIsWhatCannotBeRuledOut) {
  LoadHistory history;
  EXPECT_EQ(history.observed(at(0)).active_ms, std::nullopt);
  history.add(at(0), demand(1, 0), 0);
  EXPECT_EQ(history.observed(at(0)).active_ms, kStartMs) << "a restart knows of no earlier time";
  history.add(at(10), demand(1, 0), 0);
  EXPECT_EQ(history.observed(at(10)).active_ms, kStartMs);
  history.add(at(20), demand(1, 0.1), 0);
  EXPECT_EQ(history.observed(at(20)).active_ms, kStartMs + 20'000);
  history.add(at(30), demand(1, 0, 1), 0);
  EXPECT_EQ(history.observed(at(30)).active_ms, kStartMs + 30'000) << "one said nothing";
  Demand decoding = demand(1, 0);
  decoding.running = 1;
  history.add(at(40), decoding, 0);
  EXPECT_EQ(history.observed(at(40)).active_ms, kStartMs + 40'000) << "a long answer";
  history.add(at(50), demand(0, 0), 1);
  EXPECT_EQ(history.observed(at(50)).active_ms, kStartMs + 50'000);
  EXPECT_EQ(history.observed(at(50)).held_requests, 1);
  history.add(at(60), demand(0, 0), 0);
  EXPECT_EQ(history.observed(at(60)).active_ms, kStartMs + 50'000);
}

// From signals to a decision and back: a day's rise and fall, with a restart of the operator in it.
TEST(LoadHistoryTest, DrivesDecisions) {
  LoadHistory history;
  State state;
  int replicas = 2;
  int most = 0;
  for (int second = 0; second < 14'400; ++second) {
    if (second == 2'000) {
      history = LoadHistory();
      state = {};
    }
    const double load = second < 600 ? 10 : second < 3'600 ? 72 : 16;
    history.add(at(second), demand(replicas, load / replicas), 0);
    Inputs inputs = serving(second, replicas, 0);
    inputs.settings.behavior = {};
    inputs.observed = history.observed(at(second));
    Outcome outcome = decide(inputs, std::move(state));
    state = std::move(outcome.state);
    replicas = outcome.decision.write.value_or(replicas);
    most = std::max(most, replicas);
    if (second == 700 || second == 2'001 || second == 3'599) {
      EXPECT_EQ(replicas, 9) << second;
    }
  }
  EXPECT_EQ(most, 9);
  EXPECT_EQ(replicas, 2);
}

}  // namespace
}  // namespace penstock::autoscale

#include "operator/autoscale/peaks.h"

#include <chrono>
#include <cmath>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::seconds;

constexpr milliseconds kPlain{20'000};

Time at(int second) {
  return time_of(1'790'000'000'000) + seconds(second);
}

// `base` requests/s from `from` to before `to`.
void play(Peaks& peaks, int from, int to, double base, std::optional<double> patience = 3) {
  for (int second = from; second < to; ++second) {
    peaks.add(at(second), base, 1, patience, kPlain);
  }
}

Peaks::Expected expected(const Peaks& peaks, int second, milliseconds start,
                         const Peaks::Expected& least = {}) {
  return peaks.expected(at(second), start, least);
}

TEST(PeaksTest, ASteadyLoadIsExpectedToStay) {
  Peaks peaks;
  EXPECT_EQ(expected(peaks, 0, seconds(90)).seen, std::nullopt);
  for (const int until : {70, 1'000, 9'000}) {
    play(peaks, 0, until, 12);
    EXPECT_NEAR(*expected(peaks, until - 1, seconds(90)).seen, 12, 1e-9) << until;
  }
  play(peaks, 9'000, 20'000, 0);
  EXPECT_EQ(expected(peaks, 19'999, seconds(90)).seen, 0);
}

// 60 requests within one second are, for replicas that may be 3 s behind, 15 requests/s; for such
// that may be a minute, hardly one.
TEST(PeaksTest, ABurstCountsByThePatienceOfReplicas) {
  const auto after_burst = [](std::optional<double> patience) {
    Peaks peaks;
    play(peaks, 0, 6'000, 0, patience);
    peaks.add(at(6'000), 60, 1, patience, kPlain);
    return *expected(peaks, 6'000, seconds(90)).seen;
  };
  const double mean = 60.0 / 600;
  const auto less = [mean](double peak) {
    return peak * std::pow(std::max(mean / peak, 0.1), 0.2);
  };
  EXPECT_NEAR(after_burst(3), less(15), 0.01);
  EXPECT_NEAR(after_burst(60), less(1), 0.01) << "60 in a minute";
  EXPECT_NEAR(after_burst(std::nullopt), less(3), 0.01) << "60 in the plain window of 20 s";
}

TEST(PeaksTest, APeakIsHeldForFiveMinutesAndAStart) {
  Peaks peaks;
  play(peaks, 0, 2'000, 10);
  play(peaks, 2'000, 2'060, 40);
  play(peaks, 2'060, 2'300, 10);
  // Ten minutes in which a minute was 40 have a mean of 13.
  EXPECT_NEAR(*expected(peaks, 2'299, seconds(23)).seen, 40 * std::pow(13.0 / 40, 0.2), 0.1);
  play(peaks, 2'300, 2'700, 10);
  const double forgotten = *expected(peaks, 2'699, seconds(23)).seen;
  EXPECT_LT(forgotten, 12);
  EXPECT_GT(forgotten, 11) << "of what was once in two hours a little is kept";
  EXPECT_GT(*expected(peaks, 2'699, seconds(440)).seen, 29);
}

TEST(PeaksTest, PodsThatSaidNothingCountInAll) {
  Peaks peaks;
  for (int second = 0; second < 20; ++second) {
    peaks.add(at(second), 30, 4.0 / 3, std::nullopt, kPlain);
  }
  EXPECT_DOUBLE_EQ(*expected(peaks, 19, seconds(23)).seen, 30);
  EXPECT_DOUBLE_EQ(*expected(peaks, 19, seconds(23)).all, 40);
}

// Looks are further apart where the API server is slow.
TEST(PeaksTest, ASteadyLoadIsExpectedToStayHoweverSeldomItIsSeen) {
  for (const std::optional<double> patience : {std::optional<double>(3), std::optional<double>()}) {
    Peaks peaks;
    for (int look = 0; look < 400; ++look) {
      peaks.add(at(0) + look * milliseconds(1'500), 10, 1, patience, kPlain);
    }
    EXPECT_NEAR(*expected(peaks, 598, seconds(90)).seen, 10, 0.1);
  }
}

// An operator that has just started sees a burst of a second, of a load of 10/s.
TEST(PeaksTest, TheFirstSecondIsNoMinute) {
  Peaks peaks;
  peaks.add(at(0), 35, 1, 3, kPlain);
  play(peaks, 1, 120, 10);
  EXPECT_NEAR(*expected(peaks, 119, seconds(90)).seen, 10, 1);
  Peaks plain;
  plain.add(at(0), 35, 1, std::nullopt, kPlain);
  play(plain, 1, 120, 10, std::nullopt);
  EXPECT_LT(*expected(plain, 119, seconds(90)).seen, 14) << "the mean of half a window";
}

// A flood of a hundred times the load costs a fifth more for two hours, not a half.
TEST(PeaksTest, AFloodIsNoMeasureOfTheAfternoon) {
  Peaks peaks;
  play(peaks, 0, 2'000, 10);
  play(peaks, 2'000, 2'060, 1'000);
  play(peaks, 2'060, 4'000, 10);
  EXPECT_NEAR(*expected(peaks, 3'999, seconds(23)).seen, 10 * std::pow(8, 0.1), 1e-6);
}

TEST(PeaksTest, WhatCountsAtLeast) {
  Peaks peaks;
  play(peaks, 0, 2'000, 0);
  EXPECT_EQ(expected(peaks, 1'999, seconds(90)).seen, 0);
  EXPECT_NEAR(*expected(peaks, 1'999, seconds(90), {.seen = 30, .all = 60}).seen,
              30 * std::pow(0.1, 0.2), 1e-9);
  EXPECT_NEAR(*expected(peaks, 1'999, seconds(90), {.seen = 30, .all = 60}).all,
              60 * std::pow(0.1, 0.2), 1e-9);
}

TEST(PatienceTest, IsWhatAReplicaComputesBeforeTheObjective) {
  // 15 + 0.12 x 1,000 ms a prompt: within 2,025 ms 15 of them, which are 5 s of 3 requests/s.
  const ServiceModel model{.parameters = {.a = 15, .b = 0.12, .g = 0}, .shape = {1'000, 200}};
  EXPECT_NEAR(*patience_of(model, {.ttft_ms = 2'025}, 3), 5, 1e-9);
  EXPECT_EQ(patience_of(model, {.ttft_ms = 2'025}, 0.01), 60) << "at most";
  EXPECT_EQ(patience_of(model, {.ttft_ms = 100}, 3), 2) << "at least";
  EXPECT_EQ(patience_of(model, {.itl_ms = 100}, 3), std::nullopt);
  EXPECT_EQ(patience_of(std::nullopt, {.ttft_ms = 2'025}, 3), std::nullopt);
  EXPECT_EQ(patience_of(model, {.ttft_ms = 2'025}, std::nullopt), std::nullopt);
}

// 100 requests of 1,000 tokens and 200 of an answer.
TEST(PeaksTest, ABurstTakesTheReplicasThatItFills) {
  const RequestShape mean{.input_tokens = 1'000, .output_tokens = 200};
  EXPECT_DOUBLE_EQ(burst_in_replicas(100, mean, {.requests = 10}, std::nullopt), 10);
  EXPECT_DOUBLE_EQ(burst_in_replicas(100, mean, {.requests = 10}, 4), 2) << "five seconds of it";
  EXPECT_DOUBLE_EQ(burst_in_replicas(100, mean, {.prefill = 20'000}, std::nullopt), 5);
  EXPECT_DOUBLE_EQ(burst_in_replicas(100, mean, {.decode = 2'000}, std::nullopt), 10);
  EXPECT_DOUBLE_EQ(burst_in_replicas(100, mean, {.requests = 10, .kv = 22'000}, 4), 5)
      << "all of them stand in the cache";
  EXPECT_EQ(burst_in_replicas(100, {}, {.kv = 22'000}, 4), 0) << "of no known length";
  EXPECT_EQ(burst_in_replicas(100, mean, {}, 4), 0);
  EXPECT_EQ(burst_in_replicas(0, mean, {.requests = 10}, 4), 0);
}

}  // namespace
}  // namespace penstock::autoscale

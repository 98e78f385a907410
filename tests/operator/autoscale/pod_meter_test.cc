#include "operator/autoscale/pod_meter.h"

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

constexpr std::int64_t kStart = 1'750'000'000'000;

// Of one process, after so many milliseconds of its own.
signals::Report report(std::int64_t uptime_ms, std::int64_t calls, std::int64_t prefill = 0,
                       std::int64_t decode = 0) {
  signals::Report result{.start_id = "a", .uptime_ms = uptime_ms};
  result.calls = {.started = calls, .finished = calls};
  result.tokens = {.prefill = prefill, .decode = decode};
  return result;
}

void take(PodMeter& meter, Time received, const signals::Report& report) {
  meter.take(received, std::make_shared<const signals::Report>(report));
}

TEST(PodMeterTest, RatesAreOverTheSidecarsOwnTime) {
  PodMeter meter;
  take(meter, time_of(kStart), report(1'000, 10, 100, 50));
  EXPECT_FALSE(meter.at(time_of(kStart))) << "one report has no rate";
  take(meter, time_of(kStart + 3'000), report(3'000, 20, 1'100, 250));
  const auto seen = meter.at(time_of(kStart + 3'000));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->requests_per_s, 5);
  EXPECT_EQ(seen->prefill_tokens_per_s, 500);
  EXPECT_EQ(seen->decode_tokens_per_s, 100);
}

// A pod that fell silent as a clock which was an hour ahead was set back.
TEST(PodMeterTest, WhatCameAtATimeThatIsYetToComeIsNotFresh) {
  PodMeter meter;
  take(meter, time_of(kStart + 3'600'000), report(1'000, 10));
  take(meter, time_of(kStart + 3'601'000), report(2'000, 20));
  EXPECT_FALSE(meter.at(time_of(kStart)));
  take(meter, time_of(kStart + 1'000), report(3'000, 30));
  EXPECT_TRUE(meter.at(time_of(kStart + 1'000)));
}

// Who failed has no tokens; of those that did, some never were a call.
TEST(PodMeterTest, WhatFailedIsNotOfWhatAReplicaGives) {
  const auto ended = [](std::int64_t client_errors, std::int64_t upstream_errors,
                        std::uint64_t streamed) {
    PodMeter meter;
    take(meter, time_of(kStart), report(0, 0));
    signals::Report now = report(2'000, 20);
    now.requests.client_errors = client_errors;
    now.requests.upstream_errors = upstream_errors;
    now.time_per_output_token.counts[10] = streamed;
    take(meter, time_of(kStart + 2'000), now);
    return meter.at(time_of(kStart + 2'000))->ended_per_s;
  };
  EXPECT_EQ(ended(0, 0, 8), 10);
  EXPECT_EQ(ended(2, 4, 8), 7);
  EXPECT_EQ(ended(100, 0, 8), 4) << "streamed, and whole";
  EXPECT_EQ(ended(100, 0, 80), 10);
}

TEST(PodMeterTest, WhatTheEngineHadInItsPrefixCacheIsNotComputed) {
  PodMeter meter;
  take(meter, time_of(kStart), report(0, 0));
  signals::Report now = report(1'000, 1, 1'000);
  now.tokens.prefix_cached = 900;
  take(meter, time_of(kStart + 1'000), now);
  EXPECT_EQ(meter.at(time_of(kStart + 1'000))->prefill_tokens_per_s, 100);
}

TEST(PodMeterTest, ZeroIsDataAndSilenceIsNone) {
  PodMeter meter;
  take(meter, time_of(kStart), report(0, 7));
  take(meter, time_of(kStart + 1'000), report(1'000, 7));
  const Time last = time_of(kStart + 1'000);
  ASSERT_TRUE(meter.at(last));
  EXPECT_EQ(meter.at(last)->requests_per_s, 0);
  EXPECT_TRUE(meter.at(last + PodMeter::kFresh - milliseconds(1)));
  EXPECT_FALSE(meter.at(last + PodMeter::kFresh));
  take(meter, last + PodMeter::kFresh, report(1'000, 7));
  EXPECT_FALSE(meter.at(last + PodMeter::kFresh)) << "the same report again is nothing new";
}

TEST(PodMeterTest, ARestartBeginsAnewAndIsNoNegativeLoad) {
  PodMeter meter;
  take(meter, time_of(kStart), report(50'000, 1'000));
  signals::Report other = report(200, 3);
  other.start_id = "b";
  take(meter, time_of(kStart + 1'000), other);
  EXPECT_FALSE(meter.at(time_of(kStart + 1'000)));
  other.uptime_ms = 1'200;
  other.calls.started = 8;
  take(meter, time_of(kStart + 2'000), other);
  EXPECT_EQ(meter.at(time_of(kStart + 2'000))->requests_per_s, 5);
}

TEST(PodMeterTest, ACounterThatWentDownIsBelievedOnlyFromThereOn) {
  PodMeter meter;
  take(meter, time_of(kStart), report(1'000, 100));
  take(meter, time_of(kStart + 1'000), report(2'000, 90));
  EXPECT_FALSE(meter.at(time_of(kStart + 1'000)));
  take(meter, time_of(kStart + 2'000), report(3'000, 94));
  EXPECT_EQ(meter.at(time_of(kStart + 2'000))->requests_per_s, 4);
}

TEST(PodMeterTest, TheEngineSaysWhatTheSidecarCannot) {
  PodMeter meter;
  signals::Report first = report(0, 0);
  first.running = 3;
  take(meter, time_of(kStart), first);
  signals::Report now = report(1'000, 0);
  now.running = 3;
  take(meter, time_of(kStart + 1'000), now);
  EXPECT_EQ(meter.at(time_of(kStart + 1'000))->running, 3);
  EXPECT_FALSE(meter.at(time_of(kStart + 1'000))->waiting) << "not known is not none";
  EXPECT_FALSE(meter.limits().kv_tokens);
  now.uptime_ms = 2'000;
  now.engine = signals::EngineLoad{
      .name = "vllm", .kv_usage = 0.25, .kv_capacity_tokens = 1'000, .running = 4, .waiting = 6};
  take(meter, time_of(kStart + 2'000), now);
  const auto seen = meter.at(time_of(kStart + 2'000));
  EXPECT_EQ(seen->running, 4);
  EXPECT_EQ(seen->waiting, 6);
  EXPECT_EQ(seen->kv_tokens, 250);
  EXPECT_EQ(meter.limits().kv_tokens, 1'000);
}

// An engine that is too busy to answer is not as it was before it was.
TEST(PodMeterTest, WhatTheEngineSaidLongAgoIsNotKnown) {
  PodMeter meter;
  signals::Report now = report(0, 0);
  now.running = 3;
  now.engine = signals::EngineLoad{.name = "vllm",
                                   .age_ms = PodMeter::kEngineFresh.count() - 1,
                                   .kv_usage = 0.25,
                                   .kv_capacity_tokens = 1'000,
                                   .running = 4,
                                   .waiting = 0};
  take(meter, time_of(kStart), now);
  now.uptime_ms = 1'000;
  take(meter, time_of(kStart + 1'000), now);
  EXPECT_EQ(meter.at(time_of(kStart + 1'000))->waiting, 0);
  now.uptime_ms = 2'000;
  now.engine->age_ms = PodMeter::kEngineFresh.count();
  take(meter, time_of(kStart + 2'000), now);
  const auto seen = meter.at(time_of(kStart + 2'000));
  EXPECT_FALSE(seen->waiting);
  EXPECT_EQ(seen->kv_tokens, 250) << "what fills it takes minutes";
  EXPECT_EQ(seen->running, 3) << "what the sidecar counts";
  now.uptime_ms = 3'000;
  now.engine->age_ms = PodMeter::kCacheFresh.count();
  take(meter, time_of(kStart + 3'000), now);
  EXPECT_FALSE(meter.at(time_of(kStart + 3'000))->kv_tokens);
  EXPECT_EQ(meter.limits().kv_tokens, 1'000) << "that does not grow old";
}

TEST(PodMeterTest, LatenciesAreThoseBetweenTwoReports) {
  PodMeter meter;
  signals::Report first = report(0, 0);
  first.time_to_first_token.add(9'000'000);
  take(meter, time_of(kStart), first);
  signals::Report now = first;
  now.uptime_ms = 1'000;
  now.time_to_first_token.add(250'000);
  now.time_to_first_token.add(250'000);
  take(meter, time_of(kStart + 1'000), now);
  const auto seen = meter.at(time_of(kStart + 1'000));
  EXPECT_EQ(seen->ttft.count(), 2U);
  EXPECT_NEAR(seen->ttft.mean_s().value(), 0.25, 1e-9);
  EXPECT_NEAR(seen->ttft.quantile_s(0.5).value(), 0.25, 0.25 / 4) << "a bucket is a quarter wide";
  EXPECT_EQ(seen->tpot.count(), 0U);
}

}  // namespace
}  // namespace penstock::autoscale

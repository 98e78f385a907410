#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "sidecar/request/error_side.h"
#include "sidecar/request/metrics.h"
#include "sidecar/request/worker_metrics.h"

namespace penstock::request {
namespace {

using std::chrono::microseconds;

RequestRecord streamed_chat() {
  RequestRecord record;
  record.endpoint = {domain::Dialect::kOpenAi, domain::Operation::kChat};
  record.backend = "engine";
  record.status = 200;
  record.stream = true;
  record.cache = CacheState::kMiss;
  record.timing.total = microseconds(1'100'000);
  record.timing.upstream = microseconds(1'000'000);
  record.timing.first_token = microseconds(100'000);
  record.usage = {.input_uncached = 70, .cache_read = 20, .cache_write_5m = 10, .output = 11};
  record.usage_known = true;
  return record;
}

class SignalCountsTest : public testing::Test {
 protected:
  signals::Report report() const {
    signals::Report filled;
    metrics_.fill(filled);
    return filled;
  }

  telemetry::Registry registry_;
  Metrics metrics_{registry_};
  std::unique_ptr<WorkerMetrics> worker_ = metrics_.new_worker();
};

TEST_F(SignalCountsTest, NothingIsZero) {
  EXPECT_EQ(report(), signals::Report());
}

TEST_F(SignalCountsTest, TokensGoByWhetherTheyReachedTheEngine) {
  worker_->record(streamed_chat());
  RequestRecord hit = streamed_chat();
  hit.cache = CacheState::kHit;
  worker_->record(hit);
  hit.cache = CacheState::kCollapsed;
  worker_->record(hit);
  const signals::Report counted = report();
  EXPECT_EQ(counted.tokens, (signals::TokenCounts{.prefill = 100,
                                                  .prefix_cached = 20,
                                                  .decode = 11,
                                                  .saved_prompt = 200,
                                                  .saved_completion = 22}));
  EXPECT_EQ(counted.tokens.prompt(), 300);
  EXPECT_EQ(counted.cache, (signals::CacheCounts{.hits = 1, .misses = 1, .joins = 1}));
}

TEST_F(SignalCountsTest, LatenciesAreThoseOfTheEnginesStreams) {
  worker_->record(streamed_chat());
  RequestRecord hit = streamed_chat();
  hit.cache = CacheState::kHit;
  worker_->record(hit);  // its first token tells of our memory
  RequestRecord whole = streamed_chat();
  whole.timing.first_token = RequestTiming::kUnmeasured;
  worker_->record(whole);
  RequestRecord failed = streamed_chat();
  failed.status = 502;
  worker_->record(failed);
  signals::LatencyHistogram first;
  first.add(100'000);
  signals::LatencyHistogram further;
  further.add(100'000);  // 1.1 s less 0.1 s, over the 10 tokens after the first
  EXPECT_EQ(report().time_to_first_token, first);
  EXPECT_EQ(report().time_per_output_token, further);
}

TEST_F(SignalCountsTest, WorkersAddUp) {
  const std::unique_ptr<WorkerMetrics> other = metrics_.new_worker();
  worker_->record(streamed_chat());
  other->record(streamed_chat());
  EXPECT_EQ(report().tokens.decode, 22);
  EXPECT_EQ(report().time_to_first_token.count(), 2U);
  EXPECT_EQ(report().time_to_first_token.sum_us, 200'000U);
}

TEST_F(SignalCountsTest, WhoHasNoCallOfItsOwnWaits) {
  for (int i = 0; i < 5; ++i) {
    worker_->request_started(/*model_call=*/true);
  }
  worker_->request_started(/*model_call=*/false);
  worker_->call_started();
  worker_->call_started();
  worker_->call_finished();
  worker_->request_ended(/*model_call=*/true, ErrorSide::kNone);
  const signals::Report counted = report();
  EXPECT_EQ(counted.requests.started, 5);
  EXPECT_EQ(counted.requests.finished, 1);
  EXPECT_EQ(counted.calls, (signals::CallCounts{.started = 2, .finished = 1}));
  EXPECT_EQ(counted.running, 1);
  EXPECT_EQ(counted.waiting, 3);
}

// What waits for its engine is not with it.
TEST_F(SignalCountsTest, HeldCallsAreNoRunningOnes) {
  for (int i = 0; i < 3; ++i) {
    worker_->request_started(/*model_call=*/true);
    worker_->call_started();
  }
  worker_->hold_began();
  worker_->hold_began();
  EXPECT_EQ(report().held, 2);
  EXPECT_EQ(report().running, 1);
  EXPECT_EQ(report().waiting, 2);
  worker_->hold_ended("released");
  worker_->hold_ended("abandoned");
  worker_->hold_refused();
  EXPECT_EQ(report().hold_arrivals, 3);
  EXPECT_EQ(report().held, 0);
  EXPECT_EQ(report().running, 3);
}

// A call may outlive its clients, where the policy wants its accounting.
TEST_F(SignalCountsTest, GaugesAreNeverNegative) {
  worker_->call_started();
  EXPECT_EQ(report().running, 1);
  EXPECT_EQ(report().waiting, 0);
  worker_->call_finished();
  worker_->call_finished();
  EXPECT_EQ(report().running, 0);
}

TEST_F(SignalCountsTest, ErrorsStandWithTheirSide) {
  worker_->request_ended(true, ErrorSide::kClient);
  worker_->request_ended(true, ErrorSide::kUpstream);
  worker_->request_ended(true, ErrorSide::kUpstream);
  worker_->request_ended(true, ErrorSide::kPenstock);
  worker_->request_ended(true, ErrorSide::kNone);
  worker_->request_ended(false, ErrorSide::kPenstock);
  const signals::RequestCounts requests = report().requests;
  EXPECT_EQ(requests.finished, 5);
  EXPECT_EQ(requests.client_errors, 1);
  EXPECT_EQ(requests.upstream_errors, 2);
  EXPECT_EQ(requests.own_errors, 1);
}

}  // namespace
}  // namespace penstock::request

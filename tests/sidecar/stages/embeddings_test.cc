#include "sidecar/stages/embeddings.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/telemetry/registry.h"
#include "sidecar/request/lifecycle.h"
#include "sidecar/request/worker_services.h"
#include "sidecar/stages/coalesce.h"
#include "sidecar/stages/store.h"
#include "sidecar/store/memory_tier.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_key_hasher.h"

namespace penstock::stages {
namespace {

using domain::CacheStatus;
using pipeline::Verdict;
using request::CacheState;
using std::chrono::seconds;
using Indexes = std::vector<std::size_t>;

// One worker with a memory tier, and calls that are answered as the test says.
class EmbeddingsStageTest : public testing::Test {
 protected:
  // A request as CacheStage leaves it where it knows no answer.
  std::unique_ptr<request::CallerContext> caller(std::string body) {
    auto made = std::make_unique<request::CallerContext>(worker_, peer_, policy_);
    made->started = clock_.now();
    made->endpoint = {domain::Dialect::kOpenAi, domain::Operation::kEmbeddings};
    made->text->own_body(std::move(body));
    made->cache = std::make_unique<request::CachePlan>();
    made->cache->joins = true;
    made->cache->scope = "scope";
    made->cache_state = CacheState::kMiss;
    made->cache_status = CacheStatus{};
    return made;
  }

  // Answers the caller's call with `body`, for `tokens` and `cost`.
  void answer(request::CallerContext& caller, std::string_view body, std::int64_t tokens,
              std::int64_t cost) {
    request::CallContext call(worker_, policy_);
    request::hand_over(caller, call);
    http1::ResponseHead head;
    head.status = 200;
    store_.on_response(call, head);
    store_.on_payload(call, body);
    call.summary.status = 200;
    call.summary.whole = true;
    call.summary.ending = dialect::Ending::kComplete;
    call.summary.response_model = "m-1";
    call.summary.usage = domain::TokenUsage{.input_uncached = tokens};
    call.summary.price_known = true;
    call.summary.cost = cost;
    call.ended = worker_.clock.now();
    store_.on_complete(call);
    request::take_summary(caller, std::move(call.summary), /*paid=*/true);
  }

  // Leaves "a" (10 tokens) and "b" (20) in the tier.
  void know_a_and_b() {
    const auto first = caller(R"({"input":["aaaa","bbbbbbbb"]})");
    ASSERT_EQ(stage_.on_request(*first), Verdict::kContinue);
    answer(*first, R"({"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]})", 30,
           300);
  }

  fakes::FakeClock clock_;
  fakes::FakeKeyHasher hasher_;
  telemetry::Registry registry_;
  request::Metrics metrics_{registry_};
  std::unique_ptr<request::WorkerMetrics> worker_metrics_ = metrics_.new_worker();
  request::FlightTable flights_;
  request::WorkerServices worker_{clock_, *worker_metrics_, flights_, 1, 1};
  request::ConnectionPeer peer_;
  std::shared_ptr<resolve::ResolvedPolicy> policy_ = policy();
  Tiers tiers_ = {std::make_shared<store::MemoryTier>(
      store::MemoryTier::Settings{.size_bytes = 1 << 20, .shards = 1}, hasher_)};
  EmbeddingsStage stage_{tiers_, hasher_};
  StoreStage store_{*policy_, tiers_, hasher_};

 private:
  static std::shared_ptr<resolve::ResolvedPolicy> policy() {
    auto made = std::make_shared<resolve::ResolvedPolicy>();
    resolve::Caching& caching = made->caching.emplace();
    caching.ttl = seconds(100);
    caching.ttl_jitter_percent = 0;
    return made;
  }
};

TEST_F(EmbeddingsStageTest, NothingKnownIsAPlainCallThatOthersMayJoin) {
  const std::string body = R"({"input":["x","y"]})";
  const auto asking = caller(body);
  EXPECT_EQ(stage_.on_request(*asking), Verdict::kContinue);
  EXPECT_EQ(asking->text->body(), body);
  EXPECT_TRUE(asking->cache->joins);
  EXPECT_EQ(asking->cache_state, CacheState::kMiss);
  ASSERT_NE(asking->embeddings, nullptr);
  EXPECT_FALSE(asking->embeddings->partial());
  EXPECT_EQ(asking->embeddings->missing, (Indexes{0, 1}));
}

TEST_F(EmbeddingsStageTest, AllKnownIsAnAnswer) {
  know_a_and_b();
  clock_.advance(seconds(40));
  const auto asking = caller(R"({"input":["bbbbbbbb","aaaa","bbbbbbbb"]})");
  ASSERT_EQ(stage_.on_request(*asking), Verdict::kRespond);
  ASSERT_TRUE(asking->answer);
  EXPECT_EQ(asking->answer->content(),
            R"({"object":"list","data":[{"index":0,"embedding":[2]},{"index":1,"embedding":[1]},)"
            R"({"index":2,"embedding":[2]}],"model":"m-1",)"
            R"("usage":{"prompt_tokens":0,"total_tokens":0}})");
  EXPECT_EQ(asking->cache_state, CacheState::kHit);
  EXPECT_EQ(request::record_of(*asking).usage.input_uncached, 50);
  EXPECT_TRUE(request::record_of(*asking).usage.estimated);
  EXPECT_EQ(request::record_of(*asking).saved_cost, 500);
  EXPECT_EQ(asking->cache_status->outcome, CacheStatus::Outcome::kHit);
  EXPECT_EQ(asking->cache_status->ttl, seconds(60));
  EXPECT_EQ(asking->age, seconds(40));
}

TEST_F(EmbeddingsStageTest, SomeKnownLeavesTheOthersInTheRequest) {
  know_a_and_b();
  const auto asking = caller(R"({ "input" : ["x", "aaaa", "y"], "user":"u"})");
  ASSERT_EQ(stage_.on_request(*asking), Verdict::kContinue);
  EXPECT_EQ(asking->text->body(), R"({ "input" : ["x","y"], "user":"u"})");
  EXPECT_FALSE(asking->cache->joins);
  EXPECT_EQ(asking->cache_state, CacheState::kPartial);
  EXPECT_EQ(asking->cache_status->outcome, CacheStatus::Outcome::kPartialHit);
  ASSERT_NE(asking->embeddings, nullptr);
  EXPECT_EQ(asking->embeddings->missing, (Indexes{0, 2}));

  const std::string paid =
      R"({"data":[{"index":1,"embedding":[4]},{"index":0,"embedding":[3]}],"usage":{}})";
  EXPECT_EQ(request::merged_answer(*asking->embeddings, paid),
            R"({"data":[{"index":0,"embedding":[3]},{"index":1,"embedding":[1]},)"
            R"({"index":2,"embedding":[4]}],"usage":{}})");
  answer(*asking, paid, 7, 70);
  EXPECT_EQ(request::record_of(*asking).usage.input_uncached, 7);
  EXPECT_EQ(request::record_of(*asking).cost, 70);
  EXPECT_EQ(request::record_of(*asking).saved_tokens, 10);
  EXPECT_EQ(request::record_of(*asking).saved_cost, 100);

  const auto again = caller(R"({"input":["y","x"]})");
  ASSERT_EQ(stage_.on_request(*again), Verdict::kRespond);
  EXPECT_TRUE(again->answer->content().starts_with(
      R"({"object":"list","data":[{"index":0,"embedding":[4]},{"index":1,"embedding":[3]}])"));
}

TEST_F(EmbeddingsStageTest, AnAnswerThatIsNotWhatWasAskedForIsNeitherMergedNorKept) {
  know_a_and_b();
  for (const char* paid :
       {"", "{", R"({"data":[]})", R"({"data":[{"index":1,"embedding":[3]}]})",
        R"({"data":[{"index":0,"embedding":[3]},{"index":1,"embedding":[3]}]})"}) {
    const auto asking = caller(R"({"input":["x","aaaa"]})");
    ASSERT_EQ(stage_.on_request(*asking), Verdict::kContinue);
    EXPECT_EQ(request::merged_answer(*asking->embeddings, paid), std::nullopt) << paid;
    answer(*asking, paid, 1, 1);
  }
  const auto asking = caller(R"({"input":["x","aaaa"]})");
  EXPECT_EQ(stage_.on_request(*asking), Verdict::kContinue);
  EXPECT_EQ(asking->embeddings->missing, Indexes{0});
}

TEST_F(EmbeddingsStageTest, ClientsMayRefuseWhatIsKnown) {
  know_a_and_b();
  clock_.advance(seconds(40));
  const std::string body = R"({"input":["aaaa","bbbbbbbb"]})";
  const auto fresh = caller(body);
  fresh->cache->control.no_cache = true;
  EXPECT_EQ(stage_.on_request(*fresh), Verdict::kContinue);
  EXPECT_EQ(fresh->embeddings->missing, (Indexes{0, 1}));
  for (const auto [age_max, verdict] :
       {std::pair{seconds(39), Verdict::kContinue}, {seconds(40), Verdict::kRespond}}) {
    const auto young = caller(body);
    young->cache->control.max_age = age_max;
    EXPECT_EQ(stage_.on_request(*young), verdict);
  }
}

TEST_F(EmbeddingsStageTest, OnlyIfCachedIsNeverACall) {
  know_a_and_b();
  for (const char* body : {R"({"input":["aaaa","x"]})", R"({"input":["x","y"]})",
                           R"({"input":"x"})", R"({"input":{}})"}) {
    const auto asking = caller(body);
    asking->cache->control.only_if_cached = true;
    EXPECT_EQ(stage_.on_request(*asking), Verdict::kRespond) << body;
    ASSERT_TRUE(asking->refusal) << body;
    EXPECT_EQ(asking->refusal->code, ErrorCode::kNotCached);
  }
  const auto known = caller(R"({"input":["aaaa","bbbbbbbb"]})");
  known->cache->control.only_if_cached = true;
  EXPECT_EQ(stage_.on_request(*known), Verdict::kRespond);
  EXPECT_TRUE(known->answer);
}

// A flight for the same batch ended between the look-up and the join.
TEST_F(EmbeddingsStageTest, ABatchThatLostTheRaceToAFlightIsAnsweredByWhatThatLeft) {
  CoalesceStage coalesce(*policy_->caching, tiers_);
  const auto late = caller(R"({"input":["bbbbbbbb","aaaa"]})");
  late->cache->may_appear = true;
  ASSERT_EQ(stage_.on_request(*late), Verdict::kContinue);
  know_a_and_b();
  ASSERT_EQ(coalesce.on_request(*late), Verdict::kRespond);
  ASSERT_TRUE(late->answer);
  EXPECT_TRUE(late->answer->content().starts_with(
      R"({"object":"list","data":[{"index":0,"embedding":[2]},{"index":1,"embedding":[1]}])"));
  EXPECT_EQ(late->cache_state, CacheState::kHit);
  EXPECT_EQ(late->flight, nullptr);
  EXPECT_EQ(tiers_.front()->stats().hits(), 2U) << "one an input";
}

TEST_F(EmbeddingsStageTest, ABatchOfWhichNotAllAppearedIsAskedFor) {
  CoalesceStage coalesce(*policy_->caching, tiers_);
  const auto late = caller(R"({"input":["aaaa","x","bbbbbbbb"]})");
  late->cache->may_appear = true;
  ASSERT_EQ(stage_.on_request(*late), Verdict::kContinue);
  know_a_and_b();
  EXPECT_EQ(coalesce.on_request(*late), Verdict::kContinue);
  EXPECT_FALSE(late->answer);
  EXPECT_FALSE(late->embeddings->partial());
  EXPECT_EQ(late->cache_state, CacheState::kMiss);
  EXPECT_EQ(tiers_.front()->stats().hits(), 0U) << "nothing was answered by them";
}

TEST_F(EmbeddingsStageTest, WhatIsFoundCountsOnceSomethingComesOfIt) {
  const auto first = caller(R"({"input":["aaaa","bbbbbbbb"]})");
  ASSERT_EQ(stage_.on_request(*first), Verdict::kContinue);
  const std::string large(100'000, 'A');
  answer(*first,
         R"({"data":[{"index":0,"embedding":")" + large + R"("},{"index":1,"embedding":[2]}]})", 30,
         300);
  const auto hits = [this] { return tiers_.front()->stats().canonical_hits; };
  const auto misses = [this] { return tiers_.front()->stats().misses; };
  ASSERT_EQ(hits(), 0U);
  ASSERT_EQ(misses(), 2U);

  // Of 400 of these a merged answer would be too large.
  std::string inputs = R"("aaaa")";
  for (int i = 1; i < 400; ++i) {
    inputs += R"(,"aaaa")";
  }
  CoalesceStage coalesce(*policy_->caching, tiers_);
  const auto whole = caller("{\"input\":[" + inputs + "]}");
  whole->cache->may_appear = true;
  ASSERT_EQ(stage_.on_request(*whole), Verdict::kContinue);
  EXPECT_EQ(whole->embeddings->missing.size(), 400U);
  EXPECT_EQ(coalesce.on_request(*whole), Verdict::kContinue);
  EXPECT_FALSE(whole->answer);
  EXPECT_EQ(hits(), 0U);
  EXPECT_EQ(misses(), 2U);

  const auto refused = caller(R"({"input":["aaaa","x"]})");
  refused->cache->control.only_if_cached = true;
  ASSERT_EQ(stage_.on_request(*refused), Verdict::kRespond);
  EXPECT_EQ(hits(), 0U);

  const auto some = caller(R"({"input":["aaaa","x"]})");
  ASSERT_EQ(stage_.on_request(*some), Verdict::kContinue);
  EXPECT_EQ(hits(), 1U);
  EXPECT_EQ(misses(), 3U);
  const auto all = caller(R"({"input":["aaaa","bbbbbbbb","aaaa"]})");
  ASSERT_EQ(stage_.on_request(*all), Verdict::kRespond);
  EXPECT_EQ(hits(), 4U);
  EXPECT_EQ(misses(), 3U);
}

TEST_F(EmbeddingsStageTest, LeavesOtherRequestsAlone) {
  know_a_and_b();
  const std::string body = R"({"input":["aaaa","bbbbbbbb"]})";
  const auto chat = caller(body);
  chat->endpoint.operation = domain::Operation::kChat;
  const auto bypassed = caller(body);
  bypassed->cache.reset();
  const auto other_scope = caller(body);
  other_scope->cache->scope = "other";
  const auto alone = caller(R"({"input":["aaaa"]})");
  for (const auto* asking : {&chat, &bypassed, &other_scope, &alone}) {
    EXPECT_EQ(stage_.on_request(**asking), Verdict::kContinue);
    EXPECT_FALSE((*asking)->answer);
  }
  EXPECT_EQ(chat->embeddings, nullptr);
  EXPECT_EQ(bypassed->embeddings, nullptr);
  EXPECT_EQ(alone->embeddings, nullptr);  // CacheStage's
  EXPECT_EQ(other_scope->embeddings->missing, (Indexes{0, 1}));
}

TEST_F(EmbeddingsStageTest, AnElementTooLargeForAnEntryIsNotKept) {
  policy_->caching->entry_bytes_max = 1000;
  const auto asking = caller(R"({"input":["x","y"]})");
  ASSERT_EQ(stage_.on_request(*asking), Verdict::kContinue);
  const std::string body = R"({"data":[{"index":0,"embedding":")" + std::string(1200, 'A') +
                           R"("},{"index":1,"embedding":"B"}]})";
  answer(*asking, body, 2, 2);
  const auto again = caller(R"({"input":["x","y"]})");
  EXPECT_EQ(stage_.on_request(*again), Verdict::kContinue);
  EXPECT_EQ(again->embeddings->missing, Indexes{0});
}

TEST(EmbeddingPlanTest, CanForgetWhatItFound) {
  request::EmbeddingPlan plan;
  plan.keys.resize(3);
  plan.missing = {1};
  plan.saved_tokens = 5;
  plan.saved_cost = 5;
  EXPECT_TRUE(plan.partial());
  plan.forget_found();
  EXPECT_FALSE(plan.partial());
  EXPECT_EQ(plan.missing, (Indexes{0, 1, 2}));
  EXPECT_EQ(plan.found.size(), 3U);
  EXPECT_EQ(plan.elements.size(), 3U);
  EXPECT_EQ(plan.saved_tokens, 0);
  EXPECT_EQ(plan.saved_cost, 0);
}

}  // namespace
}  // namespace penstock::stages

#include "operator/simulate/replica.h"

#include <gtest/gtest.h>

namespace penstock::simulate {
namespace {

// An iteration takes 10 ms, 1 ms more a token that is computed; context costs nothing.
EngineModel engine() {
  return {.service = {.a = 10, .b = 1, .g = 0},
          .kv_tokens = 1'000,
          .sequences_max = 4,
          .batched_tokens_max = 100};
}

Sequence request(double at_s, int input, int output) {
  return {.arrived_s = at_s, .input_tokens = input, .output_tokens = output};
}

TEST(ReplicaTest, OneRequestByHand) {
  Ledger ledger({.ttft_s = 0.061, .tpot_s = 0.012});
  const EngineModel model = engine();
  Replica replica(model, ledger);
  // Prompt: 10 + 50 ms. Then 10 tokens of 11 ms each.
  replica.take(1, request(1, 50, 11));
  replica.advance(1.169);
  EXPECT_EQ(replica.outstanding(), 1);
  replica.advance(1.171);
  EXPECT_EQ(replica.outstanding(), 0);
  EXPECT_EQ(ledger.missed(), 0);
  EXPECT_NEAR(ledger.ttft().quantile_s(1), 0.060, 0.0015);
  EXPECT_NEAR(ledger.tpot().quantile_s(1), 0.011, 0.0003);
  const autoscale::Signals seen = replica.report(2, 1);
  EXPECT_DOUBLE_EQ(seen.requests_per_s, 1);
  EXPECT_DOUBLE_EQ(seen.prefill_tokens_per_s, 50);
  EXPECT_DOUBLE_EQ(seen.decode_tokens_per_s, 11);
  EXPECT_EQ(seen.ttft.count(), 1U);
  EXPECT_EQ(replica.report(3, 2).ttft.count(), 0U);
}

// 250 prompt tokens in chunks of 100: 110 + 110 + 60 ms.
TEST(ReplicaTest, ALongPromptTakesSeveralIterations) {
  Ledger ledger({});
  const EngineModel model = engine();
  Replica replica(model, ledger);
  replica.take(0, request(0, 250, 1));
  replica.advance(0.279);
  EXPECT_EQ(replica.outstanding(), 1);
  replica.advance(0.281);
  EXPECT_EQ(replica.outstanding(), 0);
}

// The second one comes within the third iteration of the first, and waits for its end.
TEST(ReplicaTest, AnArrivalEntersAtTheNextBorder) {
  Ledger ledger({});
  const EngineModel model = engine();
  Replica replica(model, ledger);
  replica.take(0, request(0, 10, 100));  // prompt until 20 ms, then 11 ms each
  replica.advance(0.045);
  replica.take(0.045, request(0.045, 10, 1));  // border at 53; 10 + 1 + 10 ms more
  replica.advance(0.0735);
  EXPECT_EQ(replica.outstanding(), 2);
  replica.advance(0.0745);
  EXPECT_EQ(replica.outstanding(), 1);
}

TEST(ReplicaTest, WhatTheCacheCannotHoldWaits) {
  Ledger ledger({});
  const EngineModel model = engine();
  Replica replica(model, ledger);
  replica.take(0, request(0, 600, 5));
  replica.take(0, request(0, 600, 5));
  replica.advance(0.5);
  EXPECT_EQ(replica.waiting(), 1);
  replica.advance(5);
  EXPECT_EQ(replica.outstanding(), 0);
}

// Two that fit when they come and not when they have grown: the later one is computed again.
TEST(ReplicaTest, AFullCacheSendsTheLatestBack) {
  Ledger ledger({});
  const EngineModel model = engine();
  Replica replica(model, ledger);
  replica.take(0, request(0, 300, 400));
  replica.take(0, request(0, 300, 400));
  int most_waiting = 0;
  for (int step = 1; step <= 400 && replica.outstanding() > 0; ++step) {
    replica.advance(step * 0.1);
    most_waiting = std::max(most_waiting, replica.waiting());
    EXPECT_LE(replica.report(step * 0.1, step * 0.1 - 0.1).kv_tokens.value_or(0), 1'001);
  }
  EXPECT_EQ(most_waiting, 1);
  EXPECT_EQ(replica.outstanding(), 0);
  EXPECT_EQ(ledger.ended(), 2);
}

TEST(ReplicaTest, WhatNeverFitsIsGivenUp) {
  Ledger ledger({});
  const EngineModel model = engine();
  Replica replica(model, ledger);
  replica.take(0, request(0, 900, 101));
  EXPECT_EQ(replica.outstanding(), 0);
  EXPECT_EQ(ledger.missed(), 1);
}

// Looking in between must not change what happens.
TEST(ReplicaTest, ManyLooksGiveWhatOneGives) {
  const EngineModel model{.service = {.a = 6, .b = 0.05, .g = 2e-4}};
  Ledger often({});
  Ledger once({});
  Replica watched(model, often);
  Replica alone(model, once);
  for (int i = 0; i < 200; ++i) {
    const double at_s = i * 0.05;
    const Sequence next = request(at_s, 100 + i * 7 % 900, 1 + i * 13 % 300);
    for (int look = 0; look < 5; ++look) {
      watched.advance(at_s - 0.05 + look * 0.01);
      watched.report(at_s, at_s - 0.01);
    }
    watched.advance(at_s);
    watched.take(at_s, next);
    alone.advance(at_s);
    alone.take(at_s, next);
  }
  watched.advance(100);
  alone.advance(100);
  EXPECT_EQ(often.ended(), 200);
  EXPECT_DOUBLE_EQ(often.ttft().quantile_s(0.9), once.ttft().quantile_s(0.9));
  EXPECT_DOUBLE_EQ(often.tpot().quantile_s(0.5), once.tpot().quantile_s(0.5));
}

}  // namespace
}  // namespace penstock::simulate

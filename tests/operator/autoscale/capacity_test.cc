#include "operator/autoscale/capacity.h"

#include <chrono>
#include <cmath>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart = time_of(1'790'000'000'000);

CapacitySample full(double kv, double output = 200) {
  return {.accelerator = "h100",
          .pod_age = minutes(10),
          .carried = {.requests = 8, .prefill = 8'000, .decode = 1'600, .kv = kv},
          .waiting = 5,
          .output_tokens = output};
}

const CapacityQuery kQuery{.accelerator = "h100", .shape = {1'000, 200}};

void teach(CapacityModel& model, int samples, double kv, double output = 200, int from = 0) {
  for (int i = 0; i < samples; ++i) {
    EXPECT_TRUE(model.observe(kStart + seconds(5 * (from + i)), full(kv, output)));
  }
}

TEST(CapacityTest, NothingIsKnownOfNothing) {
  const Capacity capacity = CapacityModel().capacity(kQuery);
  EXPECT_EQ(capacity.one, Load{});
  EXPECT_EQ(capacity.kv_source, CapacitySource::kNone);
  EXPECT_EQ(capacity.rate_source, CapacitySource::kNone);
}

// Of a full memory of one engine, six replicas of the next one are enough.
TEST(CapacityTest, ARenewedModelTakesToTheNewEngineAtOnce) {
  CapacityModel model;
  const int before = static_cast<int>(CapacityModel::kSamplesMax) + 40;
  teach(model, before - 5, 50'000);
  teach(model, 5, 48'000, 200, before - 5);
  EXPECT_EQ(model.capacity(kQuery).one.kv, 50'000);
  model.renew();
  EXPECT_EQ(model.capacity(kQuery).one.kv, 48'000) << "the newest stand meanwhile";
  teach(model, 6, 20'000, 200, before);
  EXPECT_EQ(model.capacity(kQuery).one.kv, 20'000);
}

TEST(CapacityTest, AClockThatIsSetBackStopsNoLearning) {
  CapacityModel model;
  EXPECT_TRUE(model.observe(kStart + minutes(60), full(50'000)));
  EXPECT_TRUE(model.observe(kStart, full(50'000)));
  EXPECT_FALSE(model.observe(kStart + seconds(4), full(50'000)));
}

TEST(CapacityTest, EachSourceSaysSo) {
  CapacityModel model;
  CapacityQuery query = kQuery;
  // k1 alone: 0.8 x 90,000.
  query.limits.kv_tokens = 90'000;
  EXPECT_DOUBLE_EQ(*model.capacity(query).one.kv, 72'000);
  EXPECT_EQ(model.capacity(query).kv_source, CapacitySource::kKvLimit);
  // N* = min(240 x 200 / 1,200, 256) = 40; 40 x (1,000 + 100) = 44,000.
  query.limits.sequences_max = 30;
  EXPECT_EQ(model.capacity(query).kv_source, CapacitySource::kKvLimit) << "alone it says nothing";
  query.limits.sequences_max = 256;
  query.limits.batched_tokens_max = 240;
  EXPECT_DOUBLE_EQ(*model.capacity(query).one.kv, 44'000);
  EXPECT_EQ(model.capacity(query).kv_source, CapacitySource::kEngineLimits);
  // What was seen takes the place of what limits would allow.
  teach(model, 5, 50'000);
  EXPECT_DOUBLE_EQ(*model.capacity(query).one.kv, 50'000);
  EXPECT_EQ(model.capacity(query).kv_source, CapacitySource::kObserved);
  EXPECT_EQ(model.capacity(query).rate_source, CapacitySource::kObserved);
  EXPECT_EQ(model.capacity(query).one.requests, 8);
  query.limits.kv_tokens = 60'000;
  EXPECT_DOUBLE_EQ(*model.capacity(query).one.kv, 48'000) << "min(k1, k2)";
  EXPECT_EQ(model.capacity(query).kv_source, CapacitySource::kKvLimit);
}

TEST(CapacityTest, TheQueueModelKeepsObjectivesWhereSaturationDoesNot) {
  CapacityModel model;
  teach(model, 5, 50'000);
  CapacityQuery query = kQuery;
  query.sustainable_per_s = 6;
  const Capacity capacity = model.capacity(query);
  EXPECT_EQ(capacity.one.requests, 6);
  EXPECT_EQ(capacity.one.prefill, 6'000);
  EXPECT_EQ(capacity.one.decode, 1'200);
  EXPECT_EQ(capacity.rate_source, CapacitySource::kQueueModel);
  query.sustainable_per_s = 9;  // more than was ever carried
  EXPECT_EQ(model.capacity(query).one.requests, 8);
  EXPECT_EQ(model.capacity(query).rate_source, CapacitySource::kObserved);
}

// Long prompts filled them: few requests ended, so few tokens were given. That is no limit of
// tokens; taken for one, it asked for five times the replicas.
TEST(CapacityTest, AReplicaFullOfPromptsSaysNothingOfTokens) {
  CapacityModel model;
  CapacitySample prompts = full(50'000);
  prompts.carried.decode = 300;
  for (int i = 0; i < 5; ++i) {
    model.observe(kStart + seconds(5 * i), prompts);
  }
  CapacityQuery query = kQuery;
  query.sustainable_per_s = 8;
  EXPECT_EQ(model.capacity(query).one.decode, 1'600);
  query.sustainable_per_s = 16;
  EXPECT_EQ(model.capacity(query).one.prefill, 8'000);
  EXPECT_EQ(model.capacity(query).one.decode, 1'600);
}

TEST(CapacityTest, WhatThePolicySaysWins) {
  CapacityModel model;
  teach(model, 5, 50'000);
  CapacityQuery query = kQuery;
  query.configured = {.requests = 20, .kv = 99'000};
  EXPECT_EQ(model.capacity(query).one.requests, 20);
  EXPECT_EQ(model.capacity(query).one.kv, 99'000);
  EXPECT_EQ(model.capacity(query).one.decode, std::nullopt) << "the policy chose what to go by";
  EXPECT_EQ(model.capacity(query).kv_source, CapacitySource::kConfigured);
  EXPECT_EQ(model.capacity(query).rate_source, CapacitySource::kConfigured);
}

TEST(CapacityTest, APodsFirstMinutesTeachNothing) {
  CapacityModel model;
  CapacitySample young = full(5'000);
  young.pod_age = seconds(179);
  EXPECT_FALSE(model.observe(kStart, young));
  young.pod_age = seconds(180);
  EXPECT_TRUE(model.observe(kStart, young));
}

TEST(CapacityTest, OnlyAFullReplicaTeaches) {
  CapacityModel model;
  CapacitySample calm = full(20'000);
  calm.waiting = 4;
  EXPECT_FALSE(model.observe(kStart, calm));
  calm.waiting = std::nan("");
  EXPECT_FALSE(model.observe(kStart, calm));
  CapacitySample odd = full(std::nan(""));
  EXPECT_FALSE(model.observe(kStart, odd));
}

TEST(CapacityTest, OutliersDoNotMoveTheMedian) {
  CapacityModel model;
  teach(model, 30, 50'000);
  teach(model, 10, 900'000, 200, 30);
  teach(model, 10, 1, 200, 40);
  EXPECT_EQ(model.capacity(kQuery).one.kv, 50'000);
}

TEST(CapacityTest, WhatMostSamplesLackIsNotKnown) {
  CapacityModel model;
  for (int i = 0; i < 10; ++i) {
    CapacitySample sample = full(50'000);
    if (i >= 4) {
      sample.carried.kv.reset();  // engines without a metrics port
    }
    model.observe(kStart + seconds(5 * i), sample);
  }
  EXPECT_EQ(model.capacity(kQuery).one.kv, std::nullopt);
  EXPECT_EQ(model.capacity(kQuery).one.requests, 8);
}

TEST(CapacityTest, ItFollowsWhatChanges) {
  CapacityModel model;
  teach(model, 200, 50'000);
  teach(model, 65, 30'000, 200, 200);
  EXPECT_EQ(model.capacity(kQuery).one.kv, 30'000) << "65 of the last 128";
}

TEST(CapacityTest, AcceleratorsAreApartAndTheNearestOutputLengthSpeaks) {
  CapacityModel model;
  teach(model, 5, 50'000, 200);
  teach(model, 5, 70'000, 3'000);
  CapacityQuery query = kQuery;
  query.shape.output_tokens = 2'100;  // 2^11, as 3,000
  EXPECT_EQ(model.capacity(query).one.kv, 70'000);
  query.shape.output_tokens = 300;  // 2^8: one from 2^7, three from 2^11
  EXPECT_EQ(model.capacity(query).one.kv, 50'000);
  query.accelerator = "l4";
  EXPECT_EQ(model.capacity(query).one.kv, std::nullopt);
}

TEST(CapacityTest, OnePodPerSpacingAndBoundedKeys) {
  CapacityModel model;
  EXPECT_TRUE(model.observe(kStart, full(1'000)));
  EXPECT_FALSE(model.observe(kStart + seconds(4), full(1'000)));
  for (int i = 0; i < 1'000; ++i) {
    CapacitySample sample = full(1'000);
    sample.accelerator = "type-" + std::to_string(i);
    EXPECT_EQ(model.observe(kStart, sample), i < 255) << i;
  }
}

}  // namespace
}  // namespace penstock::autoscale

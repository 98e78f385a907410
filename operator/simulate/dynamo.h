#pragma once

#include <optional>

#include "operator/autoscale/queue_model.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/ledger.h"
#include "operator/simulate/seen.h"

// NVIDIA Dynamo's planner, current design, for engines that prefill and decode: a throughput loop
// each 180 s that sets the least number of engines, and a load loop each 5 s above it.
namespace penstock::simulate {

// Its default predictor: a Kalman filter of level and trend (q_level 1, q_trend 0.1, r 10), one
// interval ahead; the last value until it has five points.
class LocalLinearTrend {
 public:
  // Takes the count of an interval and returns what the next one is expected to have; >= 0.
  double next(double value);

 private:
  double level_ = 0;
  double trend_ = 0;
  double var_level_ = 1'000;
  double var_trend_ = 1'000;
  double covariance_ = 0;
  int points_ = 0;
};

// What its regressions found of an engine and its load.
struct DynamoProfile {
  autoscale::ServiceParameters service;
  double prompt_tokens = 1'000;  // of the mean request
};

// Of one worker: the latencies of its next request, s. Its prompt waits for those in the queue;
// all are computed in chunks of the engine's limit on batched tokens, beside what decodes. Where
// the limit is not known, that is one chunk.
struct Expected {
  double ttft_s = 0;
  double own_s = 0;  // of ttft_s, with nobody in the queue
  double tpot_s = 0;
};
// `growth`: as if it had so many times what it has.
Expected expected_of(const autoscale::PodSight& pod, const DynamoProfile& profile,
                     double growth = 1);

// +1 only where *all* workers exceed the promise of the first token, or all that of the further
// ones. -1 where each could carry N / (N - 1) of what it has: the cache holds what runs and what is
// queued, further tokens take less than 0.8 of their promise, and the queue's part of the first one
// less than 0.8 of what the prompt itself leaves of it. Nothing while any pod starts.
int dynamo_load(const autoscale::Sight& sight, const DynamoProfile& profile,
                const Promise& promise);

struct DynamoSettings {
  DynamoProfile profile;
  Promise promise;
  double engine_per_s = 1;  // requests/s that one engine serves within the promise, times the knob
  int replicas_max = 1'000;
  bool load_loop = true;  // false: the throughput loop alone decides
};

class Dynamo final : public Autoscaler {
 public:
  explicit Dynamo(const DynamoSettings& settings) : settings_(settings) {}

  int replicas(const autoscale::Sight& sight) override;

 private:
  // Sets floor_. Whether it did: an interval is over.
  bool plan(const autoscale::Sight& sight);

  DynamoSettings settings_;
  Timer throughput_{autoscale::milliseconds(180'000)};
  Timer load_{autoscale::milliseconds(5'000)};
  LocalLinearTrend predictor_;
  std::optional<double> requests_;  // of this interval; nullopt: none has begun
  int floor_ = 1;
};

}  // namespace penstock::simulate

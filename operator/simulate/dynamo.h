#pragma once

#include <optional>

#include "operator/autoscale/queue_model.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/ledger.h"
#include "operator/simulate/seen.h"

// NVIDIA Dynamo's planner, current design: a throughput loop each 180 s that sets the least number
// of engines, and a load loop each 5 s above it.
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

// Of one worker: the latencies of its next request, s.
struct Expected {
  double ttft_s = 0;
  double tpot_s = 0;
};
Expected expected_of(const autoscale::PodSight& pod, const autoscale::ServiceParameters& service,
                     double growth = 1);

// +1 only where *all* workers exceed the promise; -1 where, with queues and KV of each times
// N / (N - 1), KV fits and latencies stay below 0.8 of the promise; nothing while any pod starts.
int dynamo_load(const autoscale::Sight& sight, const autoscale::ServiceParameters& service,
                const Promise& promise);

struct DynamoSettings {
  autoscale::ServiceParameters service;  // what its profiling found
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
  DynamoSettings settings_;
  Timer throughput_{autoscale::milliseconds(180'000)};
  Timer load_{autoscale::milliseconds(5'000)};
  LocalLinearTrend predictor_;
  double requests_ = 0;  // of this interval
  int floor_ = 1;
};

}  // namespace penstock::simulate

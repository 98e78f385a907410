#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "operator/autoscale/demand.h"
#include "operator/autoscale/kalman.h"
#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// What is known of a replica's service at a moment.
struct ServiceView {
  Objectives objectives;                    // of means
  std::optional<ServiceModel> model;        // nullopt: not trained, or not to be believed
  std::optional<double> sustainable_per_s;  // lambda*, requests/s of one replica
};

// What one replica can serve within the objectives, learned from latencies: the queue model with
// its filter, and two bounds that keep an estimate which went astray, or an objective that nothing
// can reach, from asking for replicas without end.
//
// Memory: some 10 KB. Threads: not safe. Deterministic.
class ServiceTracker {
 public:
  static constexpr std::size_t kProofsMax = 48;  // the heaviest load of an hour each: two days

  // `percentile` of the objectives, 50 … 99.
  explicit ServiceTracker(int percentile);
  void set_percentile(int percentile);

  // Asked about once a second. `shape` is the mean request; `ready` replicas serve.
  void observe(Time now, const Demand& demand, const RequestShape& shape, int ready,
               const Objectives& objectives);
  void set_batch_max(double sequences);

  // What a replica can serve of such requests.
  //
  // The queue model knows means: an objective of a percentile becomes the mean that goes with it.
  // Where even a replica with kIdleShare of the load it could take misses the mean for the first
  // token, prompts are too long for it, and no number of replicas makes them shorter: the objective
  // is then what such a replica reaches. lambda* is at least what replicas were seen to carry
  // within the objectives in the last kProofsMax hours with load, as far as neither prompt nor
  // output tokens exceed what was seen; a model that says less is not to be believed of latencies
  // either.
  [[nodiscard]] ServiceView look(const RequestShape& shape, const Objectives& objectives) const;
  static constexpr double kIdleShare = 0.3;

 private:
  // What pods showed since the last observation of the filter.
  struct Interval {
    Time began;
    double requests = 0;  // mean rate of one replica, times seconds
    double seconds = 0;
    double waiting = 0;  // requests of one replica at most, in the mean of all
    Histogram ttft;
    Histogram tpot;
  };
  struct Proof {
    Time hour;
    double work = 0;            // in the model's ms of computing a second
    double requests_per_s = 0;  // of one replica
    RequestShape shape;
  };

  void close(const RequestShape& shape, const Objectives& objectives);
  void keep_proof(const Proof& proof);
  [[nodiscard]] Objectives means_of(const Objectives& objectives) const;
  [[nodiscard]] double proven_per_s(const RequestShape& shape) const;

  int percentile_;
  ParameterFilter filter_;
  EngineBounds bounds_;
  Interval interval_;
  double ttft_tail_;  // the percentile's share of the mean, in means
  double itl_tail_;
  Histogram ttft_seen_;  // until there are enough for a percentile
  Histogram itl_seen_;
  std::vector<Proof> proofs_;  // oldest first
};

}  // namespace penstock::autoscale

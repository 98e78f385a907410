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

// What one replica can serve within the objectives: the queue model, its parameters learned from
// the latencies that requests see in a batch of known size; and two bounds that keep an estimate
// which went astray, or an objective that nothing can reach, from asking for replicas without end.
//
// Memory: some 10 KB. Threads: not safe. Deterministic.
class ServiceTracker {
 public:
  static constexpr std::size_t kProofsMax = 48;  // the heaviest load of an hour each: two days

  // `percentile` of the objectives, 50 … 99.
  explicit ServiceTracker(int percentile);
  void set_percentile(int percentile);
  // What replicas were seen to carry was carried within other objectives, or by another engine.
  void forget_proofs();

  // Asked about once a second. `shape` is the mean request; `ready` replicas serve. True: what was
  // seen for minutes was not of the engine that is known, which is being learned anew.
  bool observe(Time now, const Demand& demand, const RequestShape& shape, int ready,
               const Objectives& objectives);
  // How many requests a replica is told to serve at once, N; more than that is believed where it is
  // seen. nullopt: nobody says it.
  void set_batch_max(const std::optional<double>& sequences);
  // Replicas of another template are there: the engine may be another.
  void renew();

  // What a replica can serve of such requests.
  //
  // The queue model knows means: an objective of a percentile becomes the mean that goes with it.
  // Where even a replica with kIdleShare of the load it could take misses the mean for the first
  // token, prompts are too long for it, and no number of replicas makes them shorter: the objective
  // is then what such a replica reaches. lambda* is at least what replicas were seen to carry
  // within the objectives in the last kProofsMax hours with load, as far as neither prompt nor
  // output tokens exceed what was seen; a model that says a tenth less is not to be believed of
  // latencies either.
  //
  // Where neither N is told nor what waits, the model knows nothing of how many a replica serves at
  // once: then there is none, and lambda* is what was carried within an objective for the first
  // token, of which `utilization` is planned with; all of that was carried.
  [[nodiscard]] ServiceView look(const RequestShape& shape, const Objectives& objectives,
                                 double utilization = 1) const;
  static constexpr double kIdleShare = 0.3;

 private:
  // What pods showed since the last observation of the filter.
  struct Interval {
    Time began;
    double requests = 0;  // mean rate of one replica, times seconds
    double seconds = 0;
    double waiting = 0;         // requests of one replica at most, in the mean of all
    bool waiting_known = true;  // all the time
    double ended = 0;           // requests,
    double prefill = 0;         // and their tokens
    double decode = 0;
    double running = 0;  // requests times seconds,
    double batches = 0;  // and times the batch that each was in
    Histogram ttft;
    Histogram tpot;
  };
  struct Tail {
    double means = 1;  // the percentile, in means
    double taken = 1;  // ratios that it is the mean of; the first is that of no load at all
    Histogram seen;    // until there are enough for a percentile
  };
  struct Proof {
    Time hour;
    double work = 0;            // in the model's ms of computing a second
    double requests_per_s = 0;  // of one replica
    RequestShape shape;
  };

  static bool shows_latencies(const Interval& interval);
  void learn_tail(const Histogram& came, Tail& tail) const;
  Update close(const RequestShape& shape, const Objectives& objectives);
  void carry(const RequestShape& shape, const Objectives& objectives);
  void keep_proof(const Proof& proof);
  double believed_batch(double seen);
  [[nodiscard]] Objectives means_of(const Objectives& objectives) const;
  [[nodiscard]] double proven_per_s(const RequestShape& shape) const;

  int percentile_;
  ParameterFilter filter_;
  EngineBounds bounds_;
  std::optional<double> told_batch_;
  double seen_batch_ = 0;
  bool queue_told_ = false;   // engines say what waits in them,
  bool queue_known_ = false;  // or did since they are of this template
  bool renewed_ = false;      // nothing was observed yet since
  Interval interval_;
  Interval carried_;  // of intervals in which nobody waited, one after the other
  Tail ttft_tail_;
  Tail itl_tail_;
  std::vector<Proof> proofs_;  // oldest first
};

}  // namespace penstock::autoscale

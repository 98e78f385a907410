#include "operator/autoscale/service_tracker.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "operator/autoscale/consolidation.h"
#include "operator/autoscale/full_pods.h"

namespace penstock::autoscale {
namespace {

constexpr milliseconds kObservation{30'000};       // of the filter: means of so long,
constexpr milliseconds kObservationMost{600'000};  // and of longer, where few requests come
constexpr std::uint64_t kTokensObserved = 10;      // first tokens at least, before a mean is one
constexpr std::int64_t kTrained = 8;  // observations until the filter is believed: four minutes
constexpr std::uint64_t kTailObserved = 200;  // requests, of which a percentile is taken

constexpr double kTailsTaken = 50;  // of so many requests each, at most, in the mean
constexpr double kCarried_s = 300;  // what is carried so long is no burst and no chance
constexpr double kBelieved = 0.9;   // of what was carried, that a model has to say at least
constexpr double kNobodyWaits = 1;  // below so many requests of a replica
constexpr double kRenewed = 0.2;    // of what was not known at first, after a new revision

// Of the mean of half a minute: latencies in a known batch scatter by 2.5 %, first tokens in it by
// 11 % around a tenth more. What an engine is changes over days.
constexpr KalmanSettings kFilter{.drift_deviation = 0.001, .ttft_noise = 0.3, .itl_noise = 0.05};

// The percentile of an exponential distribution in means, until latencies have been seen.
double exponential_tail(int percentile) {
  return -std::log(1 - percentile / 100.0);
}

// What consolidation leaves of an objective: a relaxed one has to stand that too.
constexpr double kObjectiveShare = ConsolidationThresholds{}.objective_share;

bool keeps(double seen_ms, const std::optional<double>& objective_ms) {
  return !objective_ms || seen_ms <= *objective_ms;
}

double mean_ms(const Histogram& latencies) {
  return latencies.mean_s().value_or(0) * 1e3;
}

// How many times `one` fits into `other`; endless where it is nothing.
double times(double one, double other) {
  return one > 0 ? other / one : std::numeric_limits<double>::infinity();
}

}  // namespace

bool ServiceTracker::shows_latencies(const Interval& interval) {
  return interval.ttft.count() >= kTokensObserved && interval.tpot.count() >= kTokensObserved;
}

ServiceTracker::ServiceTracker(int percentile)
    : percentile_(percentile),
      filter_(ServiceParameters{}, kFilter),
      ttft_tail_{.means = exponential_tail(percentile)},
      itl_tail_{.means = exponential_tail(percentile)} {}

void ServiceTracker::set_percentile(int percentile) {
  if (percentile != percentile_) {
    percentile_ = percentile;
    ttft_tail_ = {.means = exponential_tail(percentile)};
    itl_tail_ = {.means = exponential_tail(percentile)};
    forget_proofs();
  }
}

void ServiceTracker::set_batch_max(const std::optional<double>& sequences) {
  told_batch_ = sequences;
  const double told = told_batch_.value_or(EngineBounds{}.batch_max);
  bounds_.batch_max =
      static_cast<int>(std::clamp(std::max(told, seen_batch_), 1.0, double{kStatesMax}));
}

// What an engine itself says that it runs at once is no queue of ours, so it can run that much.
double ServiceTracker::believed_batch(double seen) {
  if (interval_.waiting_known) {
    seen_batch_ = std::max(seen_batch_, std::ceil(seen));
    set_batch_max(told_batch_);
  }
  return std::min(seen, static_cast<double>(bounds_.batch_max));
}

// Percentile and mean of the same requests. A second holds too few of them at most targets, so they
// are gathered until there are enough.
void ServiceTracker::learn_tail(const Histogram& came, Tail& tail) const {
  if (!came.counts.empty() && !merge(tail.seen, came)) {
    tail.seen = came;
  }
  if (tail.seen.count() < kTailObserved) {
    return;
  }
  const Histogram whole = std::exchange(tail.seen, {});
  const double mean = whole.mean_s().value_or(0);
  const double high = whole.quantile_s(percentile_ / 100.0).value_or(0);
  if (mean > 0 && high > 0) {
    tail.taken = std::min(tail.taken + 1, kTailsTaken);
    tail.means += (std::clamp(high / mean, 1.0, 20.0) - tail.means) / tail.taken;
  }
}

// The queue model describes a replica of many: the mean of all that serve.
bool ServiceTracker::observe(Time now, const Demand& demand, const RequestShape& shape, int ready,
                             const Objectives& objectives) {
  if (now < interval_.began) {  // by a clock that was set back since
    interval_ = {.began = now};
    carried_ = {};
  }
  learn_tail(demand.ttft, ttft_tail_);
  learn_tail(demand.tpot, itl_tail_);
  if (ready > 0 && demand.total.requests) {
    interval_.requests += *demand.total.requests / ready;
    interval_.seconds += 1;
    interval_.waiting = std::max(interval_.waiting, demand.waiting.value_or(0) / ready);
    interval_.waiting_known = interval_.waiting_known && demand.waiting.has_value();
    const double running = demand.batch ? demand.running.value_or(0) : 0;
    interval_.ended += demand.ended;
    interval_.prefill += demand.total.prefill.value_or(0);
    interval_.decode += demand.total.decode.value_or(0);
    interval_.running += running;
    interval_.batches += running * demand.batch.value_or(0);
    merge(interval_.ttft, demand.ttft);
    merge(interval_.tpot, demand.tpot);
  }
  const milliseconds lasted = now - interval_.began;
  if (lasted < kObservation || (lasted < kObservationMost && !shows_latencies(interval_))) {
    return false;
  }
  const Update update = close(shape, objectives);
  interval_ = {.began = now};
  return update == Update::kDoubted;
}

Update ServiceTracker::close(const RequestShape& shape, const Objectives& objectives) {
  if (interval_.seconds <= 0 || shape.input_tokens <= 0 || !shows_latencies(interval_)) {
    carried_ = {};
    return Update::kUnusable;
  }
  Update update = Update::kUnusable;
  if (interval_.running > 0 && interval_.ended > 0) {
    const double batch = interval_.batches / interval_.running;
    queue_told_ = interval_.waiting_known;
    queue_known_ = queue_told_ || (queue_known_ && !renewed_);
    renewed_ = false;
    // Nor is a queue that nobody tells of one that is not there.
    const bool waited = !interval_.waiting_known || interval_.waiting >= kNobodyWaits;
    update =
        filter_.observe({.batch = believed_batch(batch),
                         .shape = {.input_tokens = interval_.prefill / interval_.ended,
                                   .output_tokens = interval_.decode / interval_.ended},
                         .ttft_ms = waited ? std::nullopt : std::optional(mean_ms(interval_.ttft)),
                         .itl_ms = mean_ms(interval_.tpot)});
  }
  if (update == Update::kDoubted) {
    forget_proofs();
  }
  carry(shape, objectives);
  return update;
}

void ServiceTracker::renew() {
  filter_.doubt(kRenewed);
  forget_proofs();
  seen_batch_ = 0;
  set_batch_max(told_batch_);
  renewed_ = true;
  interval_ = {.began = interval_.began};
}

void ServiceTracker::forget_proofs() {
  proofs_.clear();
  carried_ = {};
}

// Nobody knows yet how long what waits will have taken, so a burst looks as if it were carried; and
// what half a minute has of requests is as much chance as load.
void ServiceTracker::carry(const RequestShape& shape, const Objectives& objectives) {
  const bool waits_unseen = !interval_.waiting_known && !objectives.ttft_ms;
  if (interval_.waiting >= FullPods::kWaiting || waits_unseen) {
    carried_ = {};
    return;
  }
  if (carried_.seconds <= 0) {
    carried_.began = interval_.began;
  }
  carried_.requests += interval_.requests;
  carried_.seconds += interval_.seconds;
  merge(carried_.ttft, interval_.ttft);
  merge(carried_.tpot, interval_.tpot);
  if (carried_.seconds < kCarried_s) {
    return;
  }
  const Interval whole = std::exchange(carried_, {});
  const Objectives means = means_of(objectives);
  if (keeps(mean_ms(whole.ttft), means.ttft_ms) && keeps(mean_ms(whole.tpot), means.itl_ms)) {
    const double rate = whole.requests / whole.seconds;
    const ServiceParameters now = filter_.parameters();
    const double tokens_ms =
        (now.b + now.g) * shape.input_tokens +
        shape.output_tokens * (now.b + now.g * (shape.input_tokens + shape.output_tokens / 2));
    keep_proof({.hour = std::chrono::floor<std::chrono::hours>(whole.began),
                .work = rate * tokens_ms,
                .requests_per_s = rate,
                .shape = shape});
  }
}

// An hour's heaviest load says more than its last one: at night nobody shows what replicas can do.
void ServiceTracker::keep_proof(const Proof& proof) {
  if (proofs_.empty() || proofs_.back().hour != proof.hour) {
    if (proofs_.size() == kProofsMax) {
      proofs_.erase(proofs_.begin());
    }
    proofs_.push_back(proof);
  } else if (proof.work > proofs_.back().work) {
    proofs_.back() = proof;
  }
}

Objectives ServiceTracker::means_of(const Objectives& objectives) const {
  Objectives means = objectives;
  if (means.ttft_ms) {
    *means.ttft_ms /= ttft_tail_.means;
  }
  if (means.itl_ms) {
    *means.itl_ms /= itl_tail_.means;
  }
  return means;
}

double ServiceTracker::proven_per_s(const RequestShape& shape) const {
  double most = 0;
  for (const Proof& proof : proofs_) {
    const double fits = std::min(times(shape.input_tokens, proof.shape.input_tokens),
                                 times(shape.output_tokens, proof.shape.output_tokens));
    most = std::max(most, std::isfinite(fits) ? proof.requests_per_s * fits : 0);
  }
  return most;
}

ServiceView ServiceTracker::look(const RequestShape& shape, const Objectives& objectives,
                                 double utilization) const {
  ServiceView view{.objectives = means_of(objectives)};
  if (filter_.accepted() < kTrained || shape.input_tokens <= 0) {
    return view;
  }
  const double proven = proven_per_s(shape);
  // An engine that takes on one request at once is as fast in each of its tokens as one that takes
  // on dozens. Planned with by less than all of it, what was carried would ask for more replicas
  // the next time that as much comes, and so on.
  if (!told_batch_ && !queue_known_) {
    view.sustainable_per_s = proven > 0 ? std::optional(proven / utilization) : std::nullopt;
    return view;
  }
  view.model = ServiceModel{filter_.parameters(), shape, bounds_};
  Objectives& means = view.objectives;
  // Without an objective nothing but the queue shows that a replica has more than it can do.
  if (!means.ttft_ms && !means.itl_ms && !queue_told_) {
    return view;
  }
  const QueueModel queue(view.model->parameters, view.model->shape, view.model->bounds);
  if (means.ttft_ms) {
    const double most = queue.sustainable({.itl_ms = means.itl_ms}).requests_per_s;
    if (most > 0) {
      const double idle_ms = queue.at(kIdleShare * most).ttft_ms / kObjectiveShare;
      means.ttft_ms = std::max(*means.ttft_ms, idle_ms);
    }
  }
  const double modelled = queue.sustainable(means).requests_per_s;
  view.sustainable_per_s = std::max(modelled, proven);
  if (modelled < kBelieved * proven) {
    view.model.reset();
  }
  return view;
}

}  // namespace penstock::autoscale

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

constexpr milliseconds kObservation{30'000};   // of the filter: means of so long
constexpr std::uint64_t kTokensObserved = 10;  // first tokens at least, before a mean is one
constexpr std::int64_t kTrained = 8;  // observations until the filter is believed: four minutes
constexpr std::uint64_t kTailObserved = 200;  // requests, of which a percentile is taken
constexpr double kTailMemory = 0.9;           // of what the ratio was, at each percentile

// Half a minute's means are noisier than the filter's defaults have it: arrivals come in bursts,
// and the model knows none.
constexpr KalmanSettings kFilter{.noise_deviation = 0.25, .refusals_max = 20};

// The percentile of an exponential distribution in means, until latencies have been seen.
double exponential_tail(int percentile) {
  return -std::log(1 - percentile / 100.0);
}

// Percentile and mean of the same requests. A second holds too few of them at most targets, so they
// are gathered until there are enough.
void learn_ratio(const Histogram& came, int percentile, Histogram& seen, double& tail) {
  if (!came.counts.empty() && !merge(seen, came)) {
    seen = came;
  }
  if (seen.count() < kTailObserved) {
    return;
  }
  const Histogram whole = std::exchange(seen, {});
  const double mean = whole.mean_s().value_or(0);
  const double high = whole.quantile_s(percentile / 100.0).value_or(0);
  if (mean > 0 && high > 0) {
    tail = kTailMemory * tail + (1 - kTailMemory) * std::clamp(high / mean, 1.0, 20.0);
  }
}

// What consolidation leaves of an objective: a relaxed one has to stand that too.
constexpr double kObjectiveShare = ConsolidationThresholds{}.objective_share;

bool keeps(double seen_ms, const std::optional<double>& objective_ms) {
  return !objective_ms || seen_ms <= *objective_ms;
}

// How many times `one` fits into `other`; endless where it is nothing.
double times(double one, double other) {
  return one > 0 ? other / one : std::numeric_limits<double>::infinity();
}

}  // namespace

ServiceTracker::ServiceTracker(int percentile)
    : percentile_(percentile),
      filter_(ServiceParameters{}, kFilter),
      ttft_tail_(exponential_tail(percentile)),
      itl_tail_(exponential_tail(percentile)) {}

void ServiceTracker::set_percentile(int percentile) {
  if (percentile != percentile_) {
    percentile_ = percentile;
    ttft_tail_ = exponential_tail(percentile);
    itl_tail_ = exponential_tail(percentile);
  }
}

void ServiceTracker::set_batch_max(double sequences) {
  bounds_.batch_max = std::max(1, static_cast<int>(std::min(sequences, double{kStatesMax})));
}

// The queue model describes a replica of many: the mean of all that serve.
void ServiceTracker::observe(Time now, const Demand& demand, const RequestShape& shape, int ready,
                             const Objectives& objectives) {
  learn_ratio(demand.ttft, percentile_, ttft_seen_, ttft_tail_);
  learn_ratio(demand.tpot, percentile_, itl_seen_, itl_tail_);
  if (ready > 0 && demand.total.requests) {
    interval_.requests += *demand.total.requests / ready;
    interval_.seconds += 1;
    interval_.waiting = std::max(interval_.waiting, demand.waiting.value_or(0) / ready);
    merge(interval_.ttft, demand.ttft);
    merge(interval_.tpot, demand.tpot);
  }
  if (now - interval_.began >= kObservation) {
    close(shape, objectives);
    interval_ = {.began = now};
  }
}

void ServiceTracker::close(const RequestShape& shape, const Objectives& objectives) {
  if (interval_.seconds <= 0 || interval_.ttft.count() < kTokensObserved ||
      interval_.tpot.count() < kTokensObserved) {
    return;
  }
  const double rate = interval_.requests / interval_.seconds;
  const double ttft_ms = interval_.ttft.mean_s().value_or(0) * 1e3;
  const double itl_ms = interval_.tpot.mean_s().value_or(0) * 1e3;
  filter_.observe({.requests_per_s = rate,
                   .shape = shape,
                   .bounds = bounds_,
                   .ttft_ms = ttft_ms,
                   .itl_ms = itl_ms});
  const Objectives means = means_of(objectives);
  // Nobody knows yet how long what waits will have taken, so a burst looks as if it were carried.
  const bool is_carried = interval_.waiting < FullPods::kWaiting;
  if (is_carried && keeps(ttft_ms, means.ttft_ms) && keeps(itl_ms, means.itl_ms)) {
    const ServiceParameters now = filter_.parameters();
    const double tokens_ms =
        (now.b + now.g) * shape.input_tokens +
        shape.output_tokens * (now.b + now.g * (shape.input_tokens + shape.output_tokens / 2));
    keep_proof({.hour = std::chrono::floor<std::chrono::hours>(interval_.began),
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
    *means.ttft_ms /= ttft_tail_;
  }
  if (means.itl_ms) {
    *means.itl_ms /= itl_tail_;
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

ServiceView ServiceTracker::look(const RequestShape& shape, const Objectives& objectives) const {
  ServiceView view{.objectives = means_of(objectives)};
  if (filter_.accepted() < kTrained || shape.input_tokens <= 0) {
    return view;
  }
  view.model = ServiceModel{filter_.parameters(), shape, bounds_};
  Objectives& means = view.objectives;
  if (!means.ttft_ms && !means.itl_ms) {
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
  const double proven = proven_per_s(shape);
  view.sustainable_per_s = std::max(modelled, proven);
  if (modelled < proven) {
    view.model.reset();
  }
  return view;
}

}  // namespace penstock::autoscale

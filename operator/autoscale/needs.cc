#include "operator/autoscale/needs.h"

#include <algorithm>
#include <cstdint>

#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

int budget_of(const Budget& budget) {
  std::int64_t most = budget.replicas.value_or(kReplicasMax);
  const std::int64_t price = budget.replica_picodollars_per_hour.value_or(0);
  if (budget.picodollars_per_hour && price > 0) {
    most = std::min(most, *budget.picodollars_per_hour / price);
  }
  return static_cast<int>(std::clamp<std::int64_t>(most, 0, kReplicasMax));
}

int floor_of(const Inputs& inputs) {
  const Settings& settings = inputs.settings;
  const int floor = std::max({1, settings.replicas_min, inputs.scheduled_floor});
  return std::min(floor, settings.replicas_max);
}

// A capacity in KV alone that a person wrote down is meant to be all there is to it.
bool rates_known(const Inputs& inputs) {
  Load rates = inputs.capacity.one;
  if (inputs.capacity.kv_source != CapacitySource::kConfigured) {
    rates.kv.reset();
  }
  const bool nobody_asks = inputs.observed.tail.requests == 0.0 &&
                           inputs.observed.coverage >= inputs.settings.consolidation.coverage_min;
  return nobody_asks || in_replicas(inputs.observed.stable, rates).has_value();
}

// A queue that is empty or short may stand before replicas that are all but full, latencies say
// nothing below their thresholds, and an engine takes its memory at once.
bool says_busyness(const Vote& vote) {
  return vote.of_cpu && vote.replicas.has_value();
}

void add_reactive(const Inputs& inputs, int supply, ReactiveState& state, Needs& needs) {
  const Load& one = inputs.capacity.one;
  const ReactiveResult result = reactive({.now = time_of(inputs.now_ms),
                                          .stable = in_replicas(inputs.observed.stable, one),
                                          .panic = in_replicas(inputs.observed.panic, one),
                                          .target = inputs.settings.utilization,
                                          // A rollout's surge is no size to hold on to.
                                          .ready = std::min(supply, inputs.target.replicas),
                                          .replicas = inputs.target.replicas},
                                         inputs.settings.reactive, state);
  needs.reactive = result.replicas;
  needs.in_panic = result.in_panic;
  needs.excess_burst_capacity = result.excess_burst_capacity;
}

// What is expected may go beyond what is needed now by the budget alone.
int within_budget(const Inputs& inputs, const Needs& needs, int wanted) {
  const int needed_now =
      std::max({needs.reactive.value_or(0), needs.triggers.value_or(0), needs.floor});
  return std::min({wanted, kReplicasMax, needed_now + budget_of(inputs.settings.budget)});
}

// Asked for beyond the tolerance only, as by the reactive loop.
void add_peaks(const Inputs& inputs, Needs& needs) {
  const Settings& settings = inputs.settings;
  const std::optional<double> full =
      in_replicas({.requests = inputs.observed.peak}, inputs.capacity.one);
  if (full && needs.reactive) {
    const int wanted =
        replicas_for(*full / (1 + settings.reactive.tolerance), settings.utilization);
    needs.peaks = within_budget(inputs, needs, wanted);
  }
}

// So many that the excess burst capacity is not negative. Within the tolerance it is what there is.
void add_burst(const Inputs& inputs, Needs& needs) {
  const Settings& settings = inputs.settings;
  const double room = settings.reactive.burst_capacity;
  const std::optional<double> load = in_replicas(inputs.observed.stable, inputs.capacity.one);
  if (!(room > 0) || !load || !needs.reactive) {
    return;
  }
  const int current = inputs.target.replicas;
  const bool near =
      current > 0 && within_tolerance((*load + room) / (settings.utilization * current),
                                      settings.reactive.tolerance);
  needs.burst = near ? current : replicas_for(*load + room, settings.utilization);
}

void add_predictive(const Inputs& inputs, Needs& needs) {
  const Predictive& predictive = inputs.settings.predictive;
  if (!predictive.enabled || !(predictive.utilization > 0)) {
    return;
  }
  const std::optional<double> expected =
      expected_replicas(inputs.forecasts, predictive.quantile, inputs.capacity.one);
  if (!expected) {
    return;
  }
  needs.predictive = replicas_for(*expected, predictive.utilization);
  needs.forecast_wakes = *expected >= kWakingShare;
  needs.budgeted = within_budget(inputs, needs, *needs.predictive);
}

struct Largest {
  Recommendation found;

  void consider(const std::optional<int>& replicas, Reason reason) {
    if (replicas && *replicas > found.replicas) {
      found = {*replicas, reason};
    }
  }
};

}  // namespace

std::optional<double> expected_replicas(const std::vector<Forecast>& forecasts, double quantile,
                                        const Load& one) {
  Load expected;
  for (const Forecast& forecast : forecasts) {
    if (forecast.trained) {
      expected.*member_of(forecast.dimension) = forecast.at_least(quantile).value;
    }
  }
  return in_replicas(expected, one);
}

Needs needs_of(const Inputs& inputs, int supply, ReactiveState& state) {
  Needs needs;
  needs.floor = floor_of(inputs);
  const Load nothing;
  needs.measured = inputs.observed.stable != nothing && inputs.observed.panic != nothing;
  needs.capacity_known = in_replicas(inputs.observed.stable, inputs.capacity.one).has_value();
  add_reactive(inputs, supply, state, needs);
  needs.triggers = combine(inputs.votes, inputs.target.replicas);
  needs.busyness_known = rates_known(inputs) || std::ranges::any_of(inputs.votes, says_busyness);
  add_peaks(inputs, needs);
  add_burst(inputs, needs);
  add_predictive(inputs, needs);
  return needs;
}

std::vector<Candidate> candidates_of(const Needs& needs) {
  std::vector<Candidate> candidates;
  candidates.reserve(7);
  const auto add = [&](CandidateKind kind, const std::optional<int>& replicas) {
    if (replicas) {
      candidates.push_back({kind, *replicas});
    }
  };
  add(CandidateKind::kReactive, needs.reactive);
  add(CandidateKind::kPeaks, needs.peaks);
  add(CandidateKind::kBurst, needs.burst);
  add(CandidateKind::kTriggers, needs.triggers);
  add(CandidateKind::kPredictive, needs.predictive);
  add(CandidateKind::kBudgeted, needs.budgeted);
  add(CandidateKind::kFloor, needs.floor);
  return candidates;
}

Recommendation recommend(const Inputs& inputs, const Needs& needs) {
  const int current = inputs.target.replicas;
  const int most = inputs.settings.replicas_max;
  Largest largest{{.replicas = -1}};
  largest.consider(needs.reactive, needs.in_panic ? Reason::kPanic : Reason::kLoad);
  // They raise. What keeps replicas is consolidation, by the same peaks; held back once more by
  // the stabilisation of the way down they would count for twice as long.
  if (needs.peaks.value_or(0) > current) {
    largest.consider(needs.peaks, Reason::kPeaks);
  }
  largest.consider(needs.burst, Reason::kBurst);
  largest.consider(needs.triggers, Reason::kTrigger);
  if (!needs.measured || (!needs.reactive && !needs.triggers)) {
    largest.consider(current, needs.measured ? Reason::kCapacityUnknown : Reason::kMetricsMissing);
  } else {
    largest.consider(needs.budgeted, Reason::kForecast);
  }
  largest.consider(needs.floor, Reason::kFloor);

  Recommendation result = largest.found;
  if (result.replicas < current && inputs.observed.missing_pods > 0) {
    result.replicas = std::min(current, result.replicas + inputs.observed.missing_pods);
    result.reason = result.replicas == current ? Reason::kPodsMissing : result.reason;
  }
  if (result.replicas > most) {
    return {most, Reason::kMaximum};
  }
  const bool holds = result.reason == Reason::kMetricsMissing ||
                     result.reason == Reason::kCapacityUnknown ||
                     result.reason == Reason::kPodsMissing;
  if (result.replicas == current && !holds) {
    result.reason = Reason::kSteady;
  } else if (result.replicas < current) {
    result.reason = Reason::kLoadFitsFewer;
  }
  return result;
}

}  // namespace penstock::autoscale

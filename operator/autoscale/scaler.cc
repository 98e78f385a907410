#include "operator/autoscale/scaler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace penstock::autoscale {
namespace {

constexpr milliseconds kObservation{10'000};   // of the filter: means of so long
constexpr std::uint64_t kTokensObserved = 10;  // first tokens at least, before a mean is one
constexpr std::int64_t kTrained = 20;          // observations until the filter is believed
constexpr std::uint64_t kTailObserved = 50;    // requests at least, before a percentile is one
constexpr double kTailMemory = 0.98;           // of what the ratio was, at each look
constexpr double kLeadQuantile = 0.9;

// The percentile of an exponential distribution in means, until latencies have been seen.
double exponential_tail(int percentile) {
  return -std::log(1 - percentile / 100.0);
}

LoadHistorySettings history_settings(const ScalerSettings& settings) {
  return {.stable = settings.decisions.reactive.stable_window, .panic = settings.panic_window};
}

bool serves(const PodSight& pod) {
  return pod.ready_since.has_value();
}

// Percentile and mean of the same requests.
void learn_ratio(const Histogram& seen, int percentile, double& tail) {
  if (seen.count() < kTailObserved) {
    return;
  }
  const double mean = seen.mean_s().value_or(0);
  const double high = seen.quantile_s(percentile / 100.0).value_or(0);
  if (mean > 0 && high > 0) {
    tail = kTailMemory * tail + (1 - kTailMemory) * std::clamp(high / mean, 1.0, 20.0);
  }
}

// The accelerator of most pods that serve.
std::string accelerator_of(const Sight& sight) {
  std::map<std::string, int> counts;
  for (const PodSight& pod : sight.pods) {
    ++counts[pod.accelerator];
  }
  const auto most =
      std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
  return most == counts.end() ? std::string() : most->first;
}

// Those that all pods have alike, as far as any says.
EngineLimits limits_of(const Sight& sight) {
  EngineLimits limits;
  const auto least = [](std::optional<double>& into, const std::optional<double>& seen) {
    if (seen) {
      into = std::min(into.value_or(*seen), *seen);
    }
  };
  for (const PodSight& pod : sight.pods) {
    least(limits.kv_tokens, pod.limits.kv_tokens);
    least(limits.sequences_max, pod.limits.sequences_max);
    least(limits.batched_tokens_max, pod.limits.batched_tokens_max);
  }
  return limits;
}

}  // namespace

Scaler::Scaler(std::string target, const ScalerSettings& settings)
    : target_(std::move(target)),
      settings_(settings),
      history_(history_settings(settings)),
      filter_(ServiceParameters{}),
      ttft_tail_(exponential_tail(settings.percentile)),
      itl_tail_(exponential_tail(settings.percentile)) {}

void Scaler::set(const ScalerSettings& settings) {
  if (settings.percentile != settings_.percentile) {
    ttft_tail_ = exponential_tail(settings.percentile);
    itl_tail_ = exponential_tail(settings.percentile);
  }
  const bool same_windows =
      settings.panic_window == settings_.panic_window &&
      settings.decisions.reactive.stable_window == settings_.decisions.reactive.stable_window;
  if (!same_windows) {
    history_ =
        LoadHistory(history_settings(settings));  // as after a restart: nothing shrinks on it
  }
  settings_ = settings;
}

LeadTime Scaler::lead_time() const {
  const bool by_node = lead_times_.samples(StartPath::kNode) > lead_times_.samples(StartPath::kPod);
  return lead_times_.quantile(by_node ? StartPath::kNode : StartPath::kPod, kLeadQuantile);
}

DecisionRecord Scaler::tick(const Sight& sight) {
  std::vector<PodReport> reports;
  DecisionRecord record{.target = target_, .state = state_};
  Inputs& inputs = record.inputs;
  inputs.now_ms = ms_of(sight.now);
  inputs.target = {.replicas = sight.replicas, .other_scaler = sight.other_scaler};
  std::map<Time, int> starting;
  for (const PodSight& pod : sight.pods) {
    if (serves(pod)) {
      ++inputs.target.ready;
      reports.push_back({pod.signals});
    } else {
      ++starting[pod.created];
    }
  }
  for (const auto& [created, count] : starting) {
    if (inputs.target.starting.size() < kStartingMax) {
      inputs.target.starting.push_back({ms_of(created), count});
    }
  }
  const Demand demand = total_demand(reports);
  learn_starts(sight);
  learn_tails(demand);
  learn_capacity(sight);
  learn_service(sight, demand, inputs.target.ready);
  history_.add(sight.now, demand, sight.held_requests);

  inputs.settings = settings_.decisions;
  inputs.settings.objectives = mean_objectives();
  inputs.scheduled_floor = sight.scheduled_floor;
  inputs.observed = history_.observed(sight.now);
  inputs.capacity = capacity_of(sight);
  inputs.service = service_of();
  inputs.votes = sight.votes;
  forecasts_.add(sight.now, demand.total.requests);
  inputs.forecasts = forecasts_.at(sight.now, lead_time().duration, shape_);
  Outcome outcome = decide(inputs, std::move(state_));
  record.decision = std::move(outcome.decision);
  state_ = std::move(outcome.state);
  return record;
}

// Only of pods that were seen before they served: what an operator finds running at its start says
// nothing of how long it took.
void Scaler::learn_starts(const Sight& sight) {
  std::map<std::string, Time> still;
  for (const PodSight& pod : sight.pods) {
    if (!serves(pod)) {
      still.emplace(pod.name, pod.created);
    } else if (starting_.contains(pod.name)) {
      lead_times_.record(pod.path, *pod.ready_since - pod.created);
    }
  }
  starting_ = std::move(still);
}

void Scaler::learn_tails(const Demand& demand) {
  learn_ratio(demand.ttft, settings_.percentile, ttft_tail_);
  learn_ratio(demand.tpot, settings_.percentile, itl_tail_);
}

void Scaler::learn_capacity(const Sight& sight) {
  for (const PodSight& pod : sight.pods) {
    if (!serves(pod) || !pod.signals || !pod.signals->waiting) {
      continue;
    }
    const Signals& seen = *pod.signals;
    const double output = seen.requests_per_s > 0 ? seen.decode_tokens_per_s / seen.requests_per_s
                                                  : shape_.output_tokens;
    capacity_.observe(sight.now, {.accelerator = pod.accelerator,
                                  .pod_age = sight.now - *pod.ready_since,
                                  .carried = {.requests = seen.requests_per_s,
                                              .prefill = seen.prefill_tokens_per_s,
                                              .decode = seen.decode_tokens_per_s,
                                              .kv = seen.kv_tokens},
                                  .waiting = *seen.waiting,
                                  .output_tokens = output});
  }
}

// The queue model describes a replica of many: the mean of all that serve.
void Scaler::learn_service(const Sight& sight, const Demand& demand, int ready) {
  if (demand.shape.input_tokens > 0) {
    shape_ = demand.shape;
  }
  if (const auto sequences = limits_of(sight).sequences_max) {
    bounds_.batch_max = std::max(1, static_cast<int>(*sequences));
  }
  if (ready > 0 && demand.total.requests) {
    interval_.requests += *demand.total.requests / ready;
    interval_.seconds += 1;
    merge(interval_.ttft, demand.ttft);
    merge(interval_.tpot, demand.tpot);
  }
  if (sight.now - interval_.began < kObservation) {
    return;
  }
  if (interval_.seconds > 0 && interval_.ttft.count() >= kTokensObserved &&
      interval_.tpot.count() >= kTokensObserved) {
    filter_.observe({.requests_per_s = interval_.requests / interval_.seconds,
                     .shape = shape_,
                     .bounds = bounds_,
                     .ttft_ms = interval_.ttft.mean_s().value_or(0) * 1e3,
                     .itl_ms = interval_.tpot.mean_s().value_or(0) * 1e3});
  }
  interval_ = {.began = sight.now};
}

// The queue model knows means: an objective of a percentile is one of the mean that goes with it.
Objectives Scaler::mean_objectives() const {
  Objectives objectives = settings_.decisions.objectives;
  if (objectives.ttft_ms) {
    *objectives.ttft_ms /= ttft_tail_;
  }
  if (objectives.itl_ms) {
    *objectives.itl_ms /= itl_tail_;
  }
  return objectives;
}

std::optional<ServiceModel> Scaler::service_of() const {
  if (filter_.accepted() < kTrained || shape_.input_tokens <= 0) {
    return std::nullopt;
  }
  return ServiceModel{filter_.parameters(), shape_, bounds_};
}

Capacity Scaler::capacity_of(const Sight& sight) const {
  CapacityQuery query{.accelerator = accelerator_of(sight),
                      .shape = shape_,
                      .limits = limits_of(sight),
                      .configured = settings_.configured};
  const Objectives objectives = mean_objectives();
  const std::optional<ServiceModel> service = service_of();
  if (service && (objectives.ttft_ms || objectives.itl_ms)) {
    const QueueModel model(service->parameters, service->shape, service->bounds);
    query.sustainable_per_s = model.sustainable(objectives).requests_per_s;
  }
  return capacity_.capacity(query);
}

}  // namespace penstock::autoscale

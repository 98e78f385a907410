#include "operator/autoscale/scaler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "operator/autoscale/needs.h"
#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

constexpr double kLeadQuantile = 0.9;
// At what a replica can serve: as often as there is news of latencies, for bisections take a while.
constexpr milliseconds kLookAgain{30'000};

// Lengths are a matter of the model's users, not of the minute.
constexpr milliseconds kMemory{900'000};

constexpr milliseconds kShape{60'000};  // after which there is a mean request
constexpr milliseconds kGap{5'000};     // that nothing is taken to have been different in

// Takes a new value into a mean over kMemory, which is one of all values until there are so many.
void take_into(std::optional<double>& mean, double value, milliseconds lasting,
               milliseconds so_far) {
  const milliseconds remembered = std::clamp(so_far, lasting, std::max(lasting, kMemory));
  const double weight =
      static_cast<double>(lasting.count()) / static_cast<double>(remembered.count());
  mean = mean.value_or(value) * (1 - weight) + value * weight;
}

LoadHistorySettings history_settings(const ScalerSettings& settings) {
  return {.stable = settings.decisions.reactive.stable_window, .panic = settings.panic_window};
}

bool serves(const PodSight& pod) {
  return pod.ready_since.has_value();
}

// What more pods that serve have than any other, of those of which it is known; `before`, where no
// other one is more frequent. A pod that waits for a node has no accelerator yet.
std::string of_most(const Sight& sight, std::string PodSight::* what, const std::string& before) {
  std::map<std::string, int> counts{{before, 0}};
  for (const PodSight& pod : sight.pods) {
    if (serves(pod) && !(pod.*what).empty()) {
      ++counts[pod.*what];
    }
  }
  const auto most =
      std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
  return most->second > counts[before] ? most->first : before;
}

constexpr std::array kLimits{&EngineLimits::kv_tokens, &EngineLimits::sequences_max,
                             &EngineLimits::batched_tokens_max};

void take_least(EngineLimits& into, const EngineLimits& seen) {
  for (const auto limit : kLimits) {
    if (const std::optional<double>& value = seen.*limit) {
      into.*limit = std::min((into.*limit).value_or(*value), *value);
    }
  }
}

// What is not said is as it was.
void take_unsaid(EngineLimits& into, const EngineLimits& before) {
  for (const auto limit : kLimits) {
    into.*limit = into.*limit ? into.*limit : before.*limit;
  }
}

}  // namespace

Scaler::Scaler(std::string target, const ScalerSettings& settings)
    : target_(std::move(target)),
      settings_(settings),
      history_(history_settings(settings)),
      service_(settings.percentile) {}

void Scaler::set(const ScalerSettings& settings) {
  service_.set_percentile(settings.percentile);
  const bool same_windows =
      settings.panic_window == settings_.panic_window &&
      settings.decisions.reactive.stable_window == settings_.decisions.reactive.stable_window;
  if (!same_windows) {
    history_ =
        LoadHistory(history_settings(settings));  // as after a restart: nothing shrinks on it
  }
  if (settings.decisions.objectives != settings_.decisions.objectives) {
    patience_s_.reset();
    service_.forget_proofs();
  }
  settings_ = settings;
  looked_ = {};
}

LeadTime Scaler::lead_time() const {
  const bool by_node = lead_times_.samples(StartPath::kNode) > lead_times_.samples(StartPath::kPod);
  return lead_times_.quantile(by_node ? StartPath::kNode : StartPath::kPod, kLeadQuantile);
}

NodeForecast Scaler::node_forecast(Time now, double quantile) const {
  NodeForecast result{.lead = lead_times_.quantile(StartPath::kNode, kLeadQuantile)};
  const Predictive& predictive = settings_.decisions.predictive;
  const auto expected =
      expected_replicas(forecasts_.at(now, result.lead.duration, shape_), quantile, one_);
  if (expected && predictive.utilization > 0) {
    result.replicas = replicas_for(*expected, predictive.utilization);
  }
  return result;
}

void Scaler::adopt(int replicas, Time now) {
  state_.writes.push_back({ms_of(now), replicas});
}

void Scaler::adopt_drift(Time since) {
  state_.drift_since_ms = ms_of(since);
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
  const Demand demand = total_demand(reports, shape_);
  history_.add(sight.now, demand, sight.held_requests, patience_s_);
  const LeadTime lead = lead_time();
  inputs.lead = lead.measured ? std::optional(lead.duration) : std::nullopt;
  inputs.observed = history_.observed(sight.now, inputs.lead.value_or(milliseconds(0)));
  inputs.observed.hold_ready = sight.hold_ready;
  learn_shape(sight.now, demand);
  learn_starts(sight);
  learn_capacity(sight);
  learn_limits(sight);
  notice_engine(sight);
  const Objectives& objectives = settings_.decisions.objectives;
  if (service_.observe(sight.now, demand, shape_, inputs.target.ready, objectives)) {
    capacity_.renew();
  }

  inputs.settings = settings_.decisions;
  if (sight.now - looked_ >= kLookAgain) {
    looked_ = sight.now;
    view_ = service_.look(shape_, settings_.decisions.objectives);
  }
  inputs.settings.objectives = view_.objectives;
  inputs.scheduled_floor = scheduled_floor(settings_.schedules, sight.now, lead_time().duration);
  accelerator_ = of_most(sight, &PodSight::accelerator, accelerator_);
  inputs.accelerator = accelerator_;
  inputs.capacity = capacity_of(limits_);
  one_ = inputs.capacity.one;
  if (const auto seen = patience_of(view_.model, settings_.decisions.objectives, one_.requests)) {
    patience_s_ = seen;
  }
  count_begun(inputs.observed, shape_, one_);
  inputs.service = view_.model;
  inputs.votes = votes_.at(settings_.triggers, {.now = sight.now,
                                                .current = sight.replicas,
                                                .tolerance = settings_.decisions.reactive.tolerance,
                                                .percentile = settings_.percentile / 100.0,
                                                .demand = demand,
                                                .cpu = sight.cpu,
                                                .memory = sight.memory});
  forecasts_.add(sight.now, demand.total.requests);
  inputs.forecasts = forecasts_.at(sight.now, lead_time().duration, shape_);
  Outcome outcome = decide(inputs, std::move(state_));
  record.decision = std::move(outcome.decision);
  state_ = std::move(outcome.state);
  return record;
}

// Only of pods that were seen before they ever served: what an operator finds running at its start
// says nothing of how long it took, nor does a pod that is ready again after an hour.
void Scaler::learn_starts(const Sight& sight) {
  std::map<std::string, Start> now;
  for (const PodSight& pod : sight.pods) {
    const auto known = starts_.find(pod.name);
    const bool is_known = known != starts_.end() && known->second.created == pod.created;
    const bool served = is_known && known->second.served;
    if (serves(pod) && is_known && !served) {
      lead_times_.record(pod.path, *pod.ready_since - pod.created);
    }
    now.emplace_hint(now.end(), pod.name, Start{pod.created, served || serves(pod)});
  }
  starts_ = std::move(now);
}

// Requests count when they begin and their tokens when they end, so the two of one second are not
// of the same requests, and at first many began of which none ended. Seconds without any say
// nothing: after a night of silence the mean is that of the evening.
void Scaler::learn_shape(Time now, const Demand& demand) {
  const Load& seen = demand.total;
  if (!seen.requests) {
    return;
  }
  const double input = seen.prefill.value_or(0);
  const double output = seen.decode.value_or(0);
  first_measured_ = first_measured_.value_or(now);
  const milliseconds lasting =
      std::clamp(std::chrono::duration_cast<milliseconds>(now - measured_), milliseconds(1), kGap);
  measured_ = now;
  if (*seen.requests > 0 || input > 0 || output > 0) {
    loaded_ += lasting;
    take_into(mean_.requests, *seen.requests, lasting, loaded_);
    take_into(mean_.prefill, input, lasting, loaded_);
    take_into(mean_.decode, output, lasting, loaded_);
  }
  const double requests = mean_.requests.value_or(0);
  if (now - *first_measured_ >= kShape && requests > 0 && mean_.prefill.value_or(0) > 0) {
    shape_ = {.input_tokens = *mean_.prefill / requests,
              .output_tokens = mean_.decode.value_or(0) / requests};
  }
}

void Scaler::learn_capacity(const Sight& sight) {
  full_.begin();
  for (const PodSight& pod : sight.pods) {
    if (!serves(pod) || !pod.signals) {
      continue;
    }
    if (const std::optional<Load> carried = full_.see(sight.now, pod.name, *pod.signals)) {
      capacity_.observe(sight.now, {.accelerator = pod.accelerator,
                                    .pod_age = sight.now - *pod.ready_since,
                                    .carried = *carried,
                                    .waiting = FullPods::kWaiting,
                                    .output_tokens = shape_.output_tokens});
    }
  }
  full_.end();
}

// Those that all pods have alike, as far as any says. What none says is as the newest revision's
// said it last: at zero replicas nobody is there to say it, and what an engine told before its
// arguments or its image changed says nothing of those that follow.
void Scaler::learn_limits(const Sight& sight) {
  const auto newest = std::ranges::max_element(sight.pods, {}, &PodSight::created);
  if (newest != sight.pods.end() && newest->revision != revision_) {
    revision_ = newest->revision;
    told_ = {};
  }
  EngineLimits all;
  EngineLimits told;
  for (const PodSight& pod : sight.pods) {
    take_least(all, pod.limits);
    if (pod.revision == revision_) {
      take_least(told, pod.limits);
    }
  }
  take_unsaid(told, told_);
  told_ = told;
  take_unsaid(all, told_);
  limits_ = all;
  service_.set_batch_max(limits_.sequences_max.value_or(EngineBounds{}.batch_max));
}

// What was learned is of the engine that most replicas have: one that is still starting shows
// nothing, and a canary is not the fleet.
void Scaler::notice_engine(const Sight& sight) {
  std::string most = of_most(sight, &PodSight::revision, engine_revision_);
  if (most != engine_revision_ && !engine_revision_.empty()) {
    service_.renew();
    capacity_.renew();
  }
  engine_revision_ = std::move(most);
}

Capacity Scaler::capacity_of(const EngineLimits& limits) const {
  return capacity_.capacity({.accelerator = accelerator_,
                             .shape = shape_,
                             .limits = limits,
                             .sustainable_per_s = view_.sustainable_per_s,
                             .configured = settings_.configured});
}

}  // namespace penstock::autoscale

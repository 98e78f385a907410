#include "operator/autoscale/scaler.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "operator/autoscale/needs.h"
#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

constexpr double kLeadQuantile = 0.9;
// At what a replica can serve: as often as there is news of latencies, for bisections take a while.
constexpr milliseconds kLookAgain{30'000};

// A clock that is set back by no more than this stands still.
constexpr milliseconds kStandsStill{5'000};

LoadHistorySettings history_settings(const ScalerSettings& settings) {
  return {.stable = settings.decisions.reactive.stable_window, .panic = settings.panic_window};
}

// What more pods that serve have than any other, of those of which it is known; `before`, where no
// other one is more frequent. Empty: it is known of none of them. A pod that waits for a node has
// no accelerator yet.
std::string of_most(const Sight& sight, std::string PodSight::* what, const std::string& before) {
  std::map<std::string, int> counts{{before, 0}};
  bool any_unknown = false;
  for (const PodSight& pod : sight.pods) {
    if (pod.serves() && !(pod.*what).empty()) {
      ++counts[pod.*what];
    }
    any_unknown = any_unknown || (pod.serves() && (pod.*what).empty());
  }
  const auto most =
      std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
  if (any_unknown && most->second == 0) {
    return "";
  }
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

// Who set the replicas stands; windows are as after a restart.
State set_back_to(Time now, const State& before) {
  const auto at_most = [&](std::optional<std::int64_t> at_ms) {
    return at_ms ? std::optional(std::min(*at_ms, ms_of(now))) : at_ms;
  };
  State state{.seen_replicas = before.seen_replicas,
              .writes = before.writes,
              .shrunk_ms = at_most(before.shrunk_ms),
              .drift_since_ms = at_most(before.drift_since_ms)};
  for (TimedCount& write : state.writes) {
    write.at_ms = std::min(write.at_ms, ms_of(now));
  }
  return state;
}

}  // namespace

Scaler::Scaler(std::string target, const ScalerSettings& settings)
    : target_(std::move(target)),
      settings_(settings),
      history_(history_settings(settings)),
      services_(settings.percentile) {}

void Scaler::set(const ScalerSettings& settings) {
  services_.set_percentile(settings.percentile);
  const bool same_windows =
      settings.panic_window == settings_.panic_window &&
      settings.decisions.reactive.stable_window == settings_.decisions.reactive.stable_window;
  if (!same_windows) {
    history_ =
        LoadHistory(history_settings(settings));  // as after a restart: nothing shrinks on it
  }
  if (settings.decisions.objectives != settings_.decisions.objectives) {
    patience_s_.reset();
    services_.forget_proofs();
  }
  settings_ = settings;
  looked_ = {};
}

LeadTime Scaler::lead_time() const {
  return lead_times_.quantile(kLeadQuantile);
}

NodeForecast Scaler::node_forecast(Time now, double quantile) const {
  NodeForecast result{.lead = lead_times_.quantile_by_node(kLeadQuantile)};
  const Predictive& predictive = settings_.decisions.predictive;
  const auto expected = expected_replicas(
      forecasts_.at(now, result.lead.duration, mean_request_.shape()), quantile, one_);
  if (expected && predictive.utilization > 0) {
    result.replicas =
        *expected < kWakingShare ? 0 : replicas_for(*expected, predictive.utilization);
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
  if (sight.now < now_ && now_ - sight.now <= kStandsStill) {
    Sight still = sight;
    still.now = now_;
    return step(still);
  }
  if (sight.now < now_) {
    set_back(sight.now);
  }
  now_ = sight.now;
  return step(sight);
}

// Windows refuse what is older than their span, and mix what is not with what the wrong clock put
// there. What was learned of engines, starts and days stays.
void Scaler::set_back(Time now) {
  history_ = LoadHistory(history_settings(settings_));
  votes_ = {};
  full_ = {};
  starts_.set_back(now);
  mean_request_.set_back(now);
  looked_ = {};
  state_ = set_back_to(now, state_);
}

DecisionRecord Scaler::step(const Sight& sight) {
  std::vector<PodReport> reports;
  for (const PodSight& pod : sight.pods) {
    if (pod.serves()) {
      reports.push_back({pod.signals});
    }
  }
  DecisionRecord record{.target = target_, .state = state_};
  Inputs& inputs = record.inputs;
  inputs.now_ms = ms_of(sight.now);
  const Demand demand = total_demand(reports, mean_request_.shape());
  history_.add(sight.now, demand, sight.held_requests, patience_s_);
  const LeadTime lead = lead_time();
  inputs.lead = lead.measured ? std::optional(lead.duration) : std::nullopt;
  inputs.observed = history_.observed(sight.now, inputs.lead.value_or(milliseconds(0)));
  inputs.observed.hold_ready = sight.hold_ready;
  inputs.observed.unheld = sight.unheld;
  mean_request_.add(sight.now, demand);
  starts_.look(sight, lead_times_);
  inputs.target = {.replicas = sight.replicas,
                   .defaulted = sight.replicas_defaulted,
                   .ready = static_cast<int>(reports.size()),
                   .starting = starts_.starting(),
                   .other_scaler = sight.other_scaler};
  learn_capacity(sight);
  learn_limits(sight);
  notice_engine(sight);
  notice_accelerator(sight);
  const auto renewed =
      services_.observe(sight, demand, mean_request_.shape(), settings_.decisions.objectives);
  if (renewed.contains(accelerator_)) {
    capacity_.renew();
  }
  look_at_service(sight.now);

  inputs.settings = settings_.decisions;
  inputs.settings.objectives = view_.objectives;
  inputs.scheduled_floor = scheduled_floor(settings_.schedules, sight.now, lead_time().duration);
  inputs.accelerator = accelerator_;
  inputs.capacity = capacity_of(limits_);
  one_ = inputs.capacity.one;
  if (const auto seen = patience_of(view_.model, settings_.decisions.objectives, one_.requests)) {
    patience_s_ = seen;
  }
  inputs.settings.reactive.burst_capacity =
      burst_in_replicas(settings_.burst_requests, mean_request_.shape(), one_, patience_s_);
  count_begun(inputs.observed, mean_request_.shape(), one_);
  inputs.service = view_.model;
  inputs.votes = votes_.at(settings_.triggers, {.now = sight.now,
                                                .current = sight.replicas,
                                                .tolerance = settings_.decisions.reactive.tolerance,
                                                .percentile = settings_.percentile / 100.0,
                                                .demand = demand,
                                                .cpu = sight.cpu,
                                                .memory = sight.memory});
  forecasts_.add(sight.now, demand.total.requests);
  inputs.forecasts = forecasts_.at(sight.now, lead_time().duration, mean_request_.shape());
  Outcome outcome = decide(inputs, std::move(state_));
  record.decision = std::move(outcome.decision);
  state_ = std::move(outcome.state);
  return record;
}

void Scaler::learn_capacity(const Sight& sight) {
  full_.begin();
  for (const PodSight& pod : sight.pods) {
    if (!pod.serves() || !pod.signals) {
      continue;
    }
    if (const std::optional<Load> carried = full_.see(sight.now, pod.name, *pod.signals)) {
      capacity_.observe(sight.now, {.accelerator = pod.accelerator,
                                    .pod_age = sight.now - *pod.ready_since,
                                    .carried = *carried,
                                    .waiting = FullPods::kWaiting,
                                    .output_tokens = mean_request_.shape().output_tokens});
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
  services_.set_batch_max(sequences_max());
}

// Where nobody says it: as many as the cache has room for, and no more than vLLM's own.
std::optional<double> Scaler::sequences_max() const {
  constexpr double kMost = 256;
  const RequestShape& mean = mean_request_.shape();
  const double tokens = mean.input_tokens + mean.output_tokens / 2;
  if (!limits_.sequences_max && limits_.kv_tokens && tokens > 0) {
    return std::min(kMost, *limits_.kv_tokens / tokens);
  }
  return limits_.sequences_max;
}

// What was learned is of the engine that most replicas have: one that is still starting shows
// nothing, and a canary is not the fleet.
void Scaler::notice_engine(const Sight& sight) {
  std::string most = of_most(sight, &PodSight::revision, engine_revision_);
  if (most != engine_revision_ && !engine_revision_.empty()) {
    services_.renew();
    capacity_.renew();
  }
  engine_revision_ = std::move(most);
}

// What one of them serves says nothing of another, nor does how long it may be behind.
void Scaler::notice_accelerator(const Sight& sight) {
  std::string most = of_most(sight, &PodSight::accelerator, accelerator_);
  if (most != accelerator_) {
    patience_s_.reset();
    looked_ = {};
  }
  accelerator_ = std::move(most);
}

void Scaler::look_at_service(Time now) {
  if (now - looked_ >= kLookAgain) {
    looked_ = now;
    view_ = services_.look(accelerator_, mean_request_.shape(), settings_.decisions.objectives,
                           settings_.decisions.utilization);
  }
}

Capacity Scaler::capacity_of(const EngineLimits& limits) const {
  return capacity_.capacity({.accelerator = accelerator_,
                             .shape = mean_request_.shape(),
                             .limits = limits,
                             .sustainable_per_s = view_.sustainable_per_s,
                             .configured = settings_.configured});
}

}  // namespace penstock::autoscale

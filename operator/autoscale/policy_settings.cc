#include "operator/autoscale/policy_settings.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace penstock::autoscale {
namespace {

double share(std::uint32_t percent) {
  return percent / 100.0;
}

std::optional<double> ms_in(const std::optional<std::chrono::milliseconds>& duration) {
  return duration ? std::optional(static_cast<double>(duration->count())) : std::nullopt;
}

void take_rules(const api::ScalingRulesSpec& spec, ScalingRules& rules) {
  rules.stabilization_window = spec.stabilization_window.value_or(rules.stabilization_window);
  rules.select = spec.select_policy;
  if (spec.policies) {
    rules.policies.clear();
    for (const api::ScalingPolicySpec& policy : *spec.policies) {
      rules.policies.push_back({policy.type, static_cast<int>(policy.value), policy.period});
    }
  }
}

ReactiveSettings reactive_of(const api::ReactiveSpec& spec) {
  return {.panic_threshold = share(spec.panic_threshold_percent),
          .tolerance = share(spec.tolerance_percent),
          .stable_window = spec.stable_window,
          .scale_down_delay = spec.scale_down_delay};
}

// REQUIRES: "hh:mm".
minutes minutes_of(const std::string& time) {
  const auto digit = [&time](std::size_t at) { return time[at] - '0'; };
  return std::chrono::hours(10 * digit(0) + digit(1)) + minutes(10 * digit(3) + digit(4));
}

std::vector<WeeklyFloor> schedules_of(const api::AutoscalingSpec& spec, const ZoneOf& zone_of) {
  std::vector<WeeklyFloor> floors;
  for (const api::ScalingScheduleSpec& schedule : spec.schedules) {
    WeeklyFloor floor{.from = minutes_of(schedule.start),
                      .until = minutes_of(schedule.end),
                      .replicas = static_cast<int>(schedule.min_replicas),
                      .zone = zone_of(schedule.time_zone)};
    if (floor.zone == nullptr) {
      continue;
    }
    for (const api::Weekday day : schedule.days) {
      floor.weekdays.set(std::to_underlying(day));
    }
    if (schedule.days.empty()) {
      floor.weekdays.set();
    }
    floors.push_back(std::move(floor));
  }
  return floors;
}

TriggerSettings trigger_of(const api::ScalingTriggerSpec& spec) {
  const TriggerSettings otherwise;
  return {.type = spec.type,
          .utilization_percent = static_cast<int>(spec.utilization_percent.value_or(0)),
          .waiting_per_replica = static_cast<double>(spec.waiting_per_replica.value_or(0)),
          .threshold = spec.threshold.value_or(otherwise.threshold),
          .sustained = spec.sustained.value_or(otherwise.sustained)};
}

Budget budget_of(const api::AutoscalingSpec& spec) {
  Budget budget;
  if (spec.predictive.budget_replicas) {
    budget.replicas = static_cast<int>(*spec.predictive.budget_replicas);
  }
  if (spec.predictive.budget_usd_per_hour) {
    budget.picodollars_per_hour = api::picodollars_of(*spec.predictive.budget_usd_per_hour);
  }
  if (spec.replica_usd_per_hour) {
    budget.replica_picodollars_per_hour = api::picodollars_of(*spec.replica_usd_per_hour);
  }
  return budget;
}

}  // namespace

ScalerSettings settings_of(const api::AutoscalingSpec& spec, const ZoneOf& zone_of) {
  ScalerSettings result{.percentile = static_cast<int>(spec.objectives.percentile)};
  result.panic_window = spec.reactive.panic_window.value_or(
      std::min(result.panic_window, spec.reactive.stable_window));
  Settings& settings = result.decisions;
  settings.mode = spec.mode;
  settings.replicas_min = static_cast<int>(spec.min_replicas);
  settings.replicas_max = static_cast<int>(spec.max_replicas);
  settings.utilization = share(spec.utilization_percent);
  settings.reactive = reactive_of(spec.reactive);
  result.burst_requests = spec.reactive.burst_requests;
  settings.predictive = {.enabled = spec.predictive.enabled,
                         .quantile = share(spec.predictive.quantile_percent),
                         .utilization = settings.utilization};
  take_rules(spec.behavior.scale_up, settings.behavior.up);
  take_rules(spec.behavior.scale_down, settings.behavior.down);
  settings.objectives = {.ttft_ms = ms_in(spec.objectives.time_to_first_token),
                         .itl_ms = ms_in(spec.objectives.time_per_output_token)};
  settings.budget = budget_of(spec);
  result.schedules = schedules_of(spec, zone_of);
  std::ranges::transform(spec.triggers, std::back_inserter(result.triggers), trigger_of);
  if (spec.scale_to_zero) {
    settings.scale_to_zero = {.enabled = true, .idle = spec.scale_to_zero->idle};
  }
  settings.start_deadline = spec.start_deadline;
  settings.drift_respected = spec.manual_change_stands;
  result.configured = {.requests = spec.capacity.requests_per_second,
                       .prefill = spec.capacity.prefill_tokens_per_second,
                       .decode = spec.capacity.decode_tokens_per_second};
  if (spec.capacity.cache_tokens) {
    result.configured.kv = static_cast<double>(*spec.capacity.cache_tokens);
  }
  return result;
}

std::vector<std::string> zone_errors(const api::AutoscalingSpec& spec, const ZoneOf& zone_of) {
  std::vector<std::string> errors;
  for (std::size_t i = 0; i < spec.schedules.size(); ++i) {
    const std::string& name = spec.schedules[i].time_zone;
    if (zone_of(name) == nullptr) {
      errors.push_back("spec.autoscaling.schedules[" + std::to_string(i) +
                       "].timeZone is no zone of the time zone database: " + name);
    }
  }
  return errors;
}

}  // namespace penstock::autoscale

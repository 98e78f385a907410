#include "operator/autoscale/policy_settings.h"

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

}  // namespace

ScalerSettings settings_of(const api::AutoscalingSpec& spec) {
  ScalerSettings result{.percentile = static_cast<int>(spec.objectives.percentile),
                        .panic_window = spec.reactive.panic_window};
  Settings& settings = result.decisions;
  settings.mode = spec.mode;
  settings.replicas_min = static_cast<int>(spec.min_replicas);
  settings.replicas_max = static_cast<int>(spec.max_replicas);
  settings.utilization = share(spec.utilization_percent);
  settings.reactive = reactive_of(spec.reactive);
  settings.predictive = {.enabled = spec.predictive.enabled,
                         .quantile = share(spec.predictive.quantile_percent),
                         .utilization = settings.utilization};
  take_rules(spec.behavior.scale_up, settings.behavior.up);
  take_rules(spec.behavior.scale_down, settings.behavior.down);
  settings.objectives = {.ttft_ms = ms_in(spec.objectives.time_to_first_token),
                         .itl_ms = ms_in(spec.objectives.time_per_output_token)};
  if (spec.predictive.budget_replicas) {
    settings.budget.replicas = static_cast<int>(*spec.predictive.budget_replicas);
  }
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

}  // namespace penstock::autoscale

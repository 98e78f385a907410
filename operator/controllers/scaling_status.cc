#include "operator/controllers/scaling_status.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "operator/autoscale/forecasts.h"
#include "operator/controllers/scale_target.h"
#include "operator/reconcile/autoscaling_note.h"
#include "operator/reconcile/status_of.h"

namespace penstock::controllers {
namespace {

double three_digits(double value) {
  if (!(value > 0)) {
    return 0;
  }
  const double digits = 2 - std::floor(std::log10(value));
  const double scale = std::pow(10, std::abs(digits));  // whole, so that 12.3 is what is written
  return digits >= 0 ? std::round(value * scale) / scale : std::round(value / scale) * scale;
}

}  // namespace

std::vector<autoscale::Finding> with_outcome(std::vector<autoscale::Finding> conditions,
                                             const std::string& problem,
                                             const std::string& unmarkable) {
  for (autoscale::Finding& finding : conditions) {
    if (finding.type != "ScalingActive" || finding.status != api::ConditionStatus::kTrue) {
      continue;
    }
    if (!problem.empty()) {
      finding = {finding.type, api::ConditionStatus::kFalse, "WriteFailed",
                 "replicas cannot be set: " + problem};
    }
    if (!unmarkable.empty()) {
      finding.message += "; pods cannot be marked as the first to go: " + unmarkable;
    }
  }
  return conditions;
}

std::optional<api::ScalingForecastStatus> forecast_status(const autoscale::Inputs& inputs) {
  const autoscale::Forecast* forecast =
      forecast_of(inputs.forecasts, autoscale::Dimension::kRequests);
  if (forecast == nullptr) {
    return std::nullopt;
  }
  const autoscale::Predictive& predictive = inputs.settings.predictive;
  const autoscale::ForecastQuantile high = forecast->at_least(predictive.quantile);
  return api::ScalingForecastStatus{
      .ahead = std::chrono::floor<std::chrono::seconds>(forecast->horizon),
      .requests_per_second = three_digits(forecast->mean),
      .quantile_percent = static_cast<std::uint32_t>(std::lround(high.level * 100)),
      .quantile_requests_per_second = three_digits(high.value),
      .used = forecast->trained && predictive.enabled};
}

std::optional<std::string> usd_per_hour(const autoscale::Budget& budget, int replicas) {
  if (!budget.replica_picodollars_per_hour) {
    return std::nullopt;
  }
  constexpr std::int64_t kPicodollarsPerMicrodollar = 1'000'000;
  constexpr std::int64_t kMicrodollars = 1'000'000;
  constexpr std::size_t kFraction = 6;
  const std::int64_t cost =
      *budget.replica_picodollars_per_hour / kPicodollarsPerMicrodollar * replicas;
  std::string fraction = std::to_string(cost % kMicrodollars);
  fraction.insert(0, kFraction - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(cost / kMicrodollars) + (fraction.empty() ? "" : "." + fraction);
}

// While no operator ran, autoscaling may have been taken out of the policy, and put back for
// another target.
api::OptimizationPolicyStatus said_before(const reconcile::Policy& policy) {
  api::OptimizationPolicyStatus before = reconcile::status_of(policy);
  const bool is_same = before.autoscaling &&
                       before.autoscaling->target == described(policy.parsed.autoscaling->target);
  return is_same ? std::move(before) : api::OptimizationPolicyStatus();
}

bool has_set_to_zero(const api::OptimizationPolicyStatus& status) {
  const bool decided = status.autoscaling && !status.autoscaling->decisions.empty() &&
                       status.autoscaling->decisions.front().to == 0;
  return decided && std::ranges::any_of(status.conditions, [](const api::Condition& condition) {
           return condition.type == "ScalingActive" &&
                  (condition.status == api::ConditionStatus::kTrue ||
                   condition.reason == reconcile::kInvalid);
         });
}

std::string overridden_since(const api::OptimizationPolicyStatus& status) {
  const auto found = std::ranges::find_if(status.conditions, [](const api::Condition& condition) {
    return condition.type == "ScalingActive" && condition.reason == "ManualOverride";
  });
  return found == status.conditions.end() ? std::string() : found->last_transition_time;
}

}  // namespace penstock::controllers

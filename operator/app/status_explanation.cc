#include "operator/app/status_explanation.h"

#include <array>
#include <ostream>
#include <sstream>
#include <string_view>

#include "lib/json/scalars.h"
#include "operator/autoscale/explanation.h"
#include "operator/reconcile/hold.h"

namespace penstock::control {
namespace {

using api::ConditionStatus;

// The sentence of a reason that stands in a status.
std::string sentence_of(const std::string& name) {
  for (const auto& [reason, known] : enum_names(autoscale::Reason{})) {
    if (known == name) {
      return std::string(autoscale::sentence_of(reason));
    }
  }
  return name;
}

// What is as it should be needs no words.
bool matters(const api::Condition& condition) {
  struct Usual {
    std::string_view type;
    ConditionStatus status;
  };
  constexpr std::array<Usual, 7> kUsual = {{{"ScalingActive", ConditionStatus::kTrue},
                                            {"MetricsAvailable", ConditionStatus::kTrue},
                                            {"CapacityStarved", ConditionStatus::kFalse},
                                            {"Conflict", ConditionStatus::kFalse},
                                            {"NodeCapacity", ConditionStatus::kTrue},
                                            {"RolloutFits", ConditionStatus::kTrue},
                                            {reconcile::kHoldReady, ConditionStatus::kTrue}}};
  for (const Usual& usual : kUsual) {
    if (usual.type == condition.type) {
      return condition.status != usual.status;
    }
  }
  return false;
}

void tell_nodes(std::ostream& out, const api::NodeCapacityStatus& nodes) {
  out << "With a node to be made it takes " << json::format_duration(nodes.lead_time)
      << ": nodes have to carry " << nodes.expected << " replicas by then and have GPUs for "
      << nodes.allocatable << "; ";
  if (nodes.provider.empty()) {
    out << "nobody is asked for more (" << nodes.reason << ").\n";
  } else {
    out << nodes.provider << " keeps room for " << nodes.headroom << " more (" << nodes.reason
        << ").\n";
  }
}

}  // namespace

std::string explain(const std::string& policy, const api::OptimizationPolicyStatus& status) {
  const api::AutoscalingStatus& scaling = *status.autoscaling;
  std::ostringstream out;
  out << policy << " has " << scaling.current << " replicas and should have " << scaling.desired
      << ": " << sentence_of(scaling.reason) << ".\n";
  for (const api::Condition& condition : status.conditions) {
    if (matters(condition)) {
      out << condition.type << " (" << condition.reason << "): " << condition.message << ".\n";
    }
  }
  out << "A replica takes " << json::format_duration(scaling.lead_time) << " until it serves.\n";
  if (scaling.forecast) {
    const api::ScalingForecastStatus& forecast = *scaling.forecast;
    out << "Expected in " << json::format_duration(forecast.ahead) << ": requests/s "
        << forecast.requests_per_second << ", with a probability of " << forecast.quantile_percent
        << " % at most " << forecast.quantile_requests_per_second
        << (forecast.used ? "" : " (decisions do not use it)") << ".\n";
  }
  if (scaling.usd_per_hour) {
    out << "The replicas that it should have cost " << *scaling.usd_per_hour << " USD an hour.\n";
  }
  if (scaling.nodes) {
    tell_nodes(out, *scaling.nodes);
  }
  for (const api::ScalingDecisionStatus& decision : scaling.decisions) {
    out << "  " << decision.time << "  " << decision.from << " -> " << decision.to << "  "
        << sentence_of(decision.reason) << '\n';
  }
  return out.str();
}

}  // namespace penstock::control

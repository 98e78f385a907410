#include "operator/app/explain_command.h"

#include <iostream>
#include <optional>

#include "lib/api/policy_status.h"
#include "lib/api/resources.h"
#include "lib/clock/clock.h"
#include "lib/json/read.h"
#include "operator/app/each_line.h"
#include "operator/app/surroundings.h"
#include "operator/autoscale/explanation.h"
#include "operator/kube/client.h"
#include "operator/kube/http_transport.h"

namespace penstock::control {
namespace {

int refuse(const std::string& why) {
  std::cerr << "explain: " << why << '\n';
  return 1;
}

int explain_newest(const ExplainOptions& options) {
  std::optional<autoscale::DecisionRecord> newest;
  std::string wrong;  // the first line that is none
  const auto take = [&](const std::string& place, const std::string& line) {
    auto record = autoscale::read_line(line);
    if (!record && wrong.empty()) {
      wrong = place + ": " + record.error().detail;
    } else if (record && record->target == options.policy) {
      newest = std::move(*record);
    }
  };
  if (!each_line(options.decisions, take)) {
    return refuse("cannot read " + options.decisions);
  }
  if (!wrong.empty()) {
    return refuse(wrong);
  }
  if (!newest) {
    return refuse(options.decisions + " holds no decision of " + options.policy);
  }
  std::cout << autoscale::explain(*newest);
  return 0;
}

// The sentence of a reason that stands in a status.
std::string sentence_of(const std::string& name) {
  for (const auto& [reason, known] : enum_names(autoscale::Reason{})) {
    if (known == name) {
      return std::string(autoscale::sentence_of(reason));
    }
  }
  return name;
}

void tell_nodes(const api::NodeCapacityStatus& nodes) {
  std::cout << "With a node to be made it takes " << json::format_duration(nodes.lead_time)
            << ": nodes have to carry " << nodes.expected << " replicas by then and have GPUs for "
            << nodes.allocatable << "; ";
  if (nodes.provider.empty()) {
    std::cout << "nobody is asked for more (" << nodes.reason << ").\n";
  } else {
    std::cout << nodes.provider << " keeps room for " << nodes.headroom << " more (" << nodes.reason
              << ").\n";
  }
}

void tell(const std::string& policy, const api::OptimizationPolicyStatus& status) {
  const api::AutoscalingStatus& scaling = *status.autoscaling;
  std::cout << policy << " has " << scaling.current << " replicas and should have "
            << scaling.desired << ": " << sentence_of(scaling.reason) << ".\n";
  for (const api::Condition& condition : status.conditions) {
    const bool matters =
        condition.type == "ScalingActive" || condition.type == "MetricsAvailable"
            ? condition.status != api::ConditionStatus::kTrue
        : condition.type == "NodeCapacity" || condition.type == "RolloutFits"
            ? condition.status == api::ConditionStatus::kFalse
            : (condition.type == "CapacityStarved" || condition.type == "Conflict") &&
                  condition.status == api::ConditionStatus::kTrue;
    if (matters) {
      std::cout << condition.type << " (" << condition.reason << "): " << condition.message
                << ".\n";
    }
  }
  std::cout << "A replica takes " << json::format_duration(scaling.lead_time)
            << " until it serves.\n";
  if (scaling.forecast) {
    const api::ScalingForecastStatus& forecast = *scaling.forecast;
    std::cout << "Expected in " << json::format_duration(forecast.ahead) << ": requests/s "
              << forecast.requests_per_second << ", with a probability of "
              << forecast.quantile_percent << " % at most " << forecast.quantile_requests_per_second
              << (forecast.used ? "" : " (decisions do not use it)") << ".\n";
  }
  if (scaling.usd_per_hour) {
    std::cout << "The replicas that it should have cost " << *scaling.usd_per_hour
              << " USD an hour.\n";
  }
  if (scaling.nodes) {
    tell_nodes(*scaling.nodes);
  }
  for (const api::ScalingDecisionStatus& decision : scaling.decisions) {
    std::cout << "  " << decision.time << "  " << decision.from << " -> " << decision.to << "  "
              << sentence_of(decision.reason) << '\n';
  }
}

}  // namespace

int explain_policy(const ExplainOptions& options) {
  const std::optional<api::ObjectName> name = api::parse_object_name(options.policy);
  if (!name || !options.policy.contains('/')) {
    return refuse("name the policy as NAMESPACE/NAME");
  }
  if (!options.decisions.empty()) {
    return explain_newest(options);
  }
  auto config = cluster_config(options.cluster);
  if (!config) {
    return refuse(config.error().detail);
  }
  const clock::RealClock clock;
  kube::HttpTransport transport(std::move(*config), clock);
  kube::Client client(transport, clock, {});
  const auto policy = client.get(kube::kPolicies.object(name->ns, name->name));
  if (!policy) {
    return refuse(options.policy + ": " + policy.error().message);
  }
  api::OptimizationPolicyStatus status;
  json::Reader reader(json::Strictness::kTolerant);
  json::read(reader, kube::member(*policy, "status"), status);
  if (!status.autoscaling) {
    return refuse(options.policy + " is not autoscaled, or the operator has not looked at it yet");
  }
  tell(options.policy, status);
  return 0;
}

}  // namespace penstock::control

#include "operator/app/explain_command.h"

#include <iostream>
#include <optional>

#include "lib/api/policy_status.h"
#include "lib/api/resources.h"
#include "lib/clock/clock.h"
#include "lib/json/read.h"
#include "operator/app/each_line.h"
#include "operator/app/status_explanation.h"
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
  // A process that was killed leaves half a line, which says nothing against the others.
  const auto take = [&](const std::string& place, const std::string& line) {
    auto record = autoscale::read_line(line);
    if (!record) {
      std::cerr << "explain: " << place << " is left out: " << record.error().detail << '\n';
    } else if (record->target == options.policy) {
      newest = std::move(*record);
    }
  };
  if (!each_line(options.decisions, take)) {
    return refuse("cannot read " + options.decisions);
  }
  if (!newest) {
    return refuse(options.decisions + " holds no decision of " + options.policy);
  }
  std::cout << autoscale::explain(*newest);
  return 0;
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
  std::cout << explain(options.policy, status);
  return 0;
}

}  // namespace penstock::control

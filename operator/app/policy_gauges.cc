#include "operator/app/policy_gauges.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace penstock::control {
namespace {

using reconcile::Policy;
using telemetry::Label;
using telemetry::Registry;
using Policies = kube::ObjectStore<Policy>;

// What a policy's other conditions say, metrics of the autoscaler do.
constexpr std::array kConditions = {"Accepted", "ResolvedRefs", "Injected", "Programmed",
                                    "Degraded"};
constexpr std::array kPods = {"selected", "injected", "programmed", "proven"};

std::vector<Label> labels_of(const Policy& policy, const char* name, std::string value) {
  return {{"namespace", policy.meta.ns}, {"policy", policy.meta.name}, {name, std::move(value)}};
}

void show_conditions(const Policy& policy, const Registry::Show& show) {
  for (const json::Value& condition : kube::list_of(policy.status, "conditions")) {
    std::string type = kube::text_of(condition, "type");
    const std::string status = kube::text_of(condition, "status");
    // What is not known is neither.
    const bool is_ours = std::ranges::find(kConditions, type) != kConditions.end();
    if (is_ours && (status == "True" || status == "False")) {
      show(labels_of(policy, "type", std::move(type)), status == "True" ? 1 : 0);
    }
  }
}

void show_pods(const Policy& policy, const Registry::Show& show) {
  const json::Value& counts = kube::member(policy.status, "pods");
  for (const char* state : kPods) {
    if (kube::member(counts, state).is_number()) {
      show(labels_of(policy, "state", state), static_cast<double>(kube::number_of(counts, state)));
    }
  }
}

}  // namespace

std::vector<telemetry::GaugeHandle> policy_gauges(Registry& registry, const Policies& policies,
                                                  std::function<bool()> leads) {
  std::vector<telemetry::GaugeHandle> handles;
  const auto add = [&](const char* name, const char* help, auto show_policy) {
    handles.push_back(
        registry.gauges(name, help, [&policies, leads, show_policy](const Registry::Show& show) {
          if (!leads()) {
            return;
          }
          for (const Policies::Ptr& policy : policies.list()) {
            show_policy(*policy, show);
          }
        }));
  };
  add("penstock_policy_condition",
      "1 where a condition of the policy is True, 0 where it is False; absent where not known.",
      show_conditions);
  add("penstock_policy_pods",
      "Pods that the policy selects; of these, those that carry the sidecar; of these, those "
      "that run the policy, and those that were seen to get the traffic.",
      show_pods);
  return handles;
}

}  // namespace penstock::control

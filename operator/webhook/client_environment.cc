#include "operator/webhook/client_environment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/api/proxy_variables.h"
#include "operator/kube/object_meta.h"

namespace penstock::webhook {
namespace {

using api::ClientVariableStatus;
using api::EnvironmentStatus;
using json::Value;
using kube::list_of;
using kube::text_of;

const ClientVariableStatus* find(const EnvironmentStatus& environment, const std::string& name) {
  const auto found = std::ranges::find(environment.variables, name, &ClientVariableStatus::name);
  return found == environment.variables.end() ? nullptr : &*found;
}

bool reaches_sidecar(const Value& container, bool override_all) {
  const Value& variables = list_of(container, "env");
  const bool proxied = std::ranges::any_of(variables, [](const Value& variable) {
    return api::names_proxy(text_of(variable, "name")) &&
           (variable.contains("valueFrom") || !text_of(variable, "value").empty());
  });
  const bool exempt = std::ranges::any_of(variables, [](const Value& variable) {
    return api::exempts_loopback(text_of(variable, "name"), text_of(variable, "value"));
  });
  return !proxied || (override_all && exempt);
}

bool is_as_expected(const Value& container, const EnvironmentStatus& environment) {
  return list_of(container, "envFrom").empty() &&
         std::ranges::all_of(list_of(container, "env"), [&environment](const Value& variable) {
           const ClientVariableStatus* known = find(environment, text_of(variable, "name"));
           return known == nullptr ||
                  (!variable.contains("valueFrom") && text_of(variable, "value") == known->from);
         });
}

Value environment_of(const Value& container, const EnvironmentStatus& environment) {
  Value result = Value::array();
  for (const Value& variable : list_of(container, "env")) {
    const ClientVariableStatus* known = find(environment, text_of(variable, "name"));
    result.push_back(known == nullptr ? variable
                                      : Value{{"name", known->name}, {"value", known->to}});
  }
  for (const ClientVariableStatus& known : environment.variables) {
    const bool present = std::ranges::any_of(
        list_of(container, "env"),
        [&known](const Value& variable) { return text_of(variable, "name") == known.name; });
    // One that other containers have is meant for those.
    if (!present && (known.from.empty() || environment.override_all)) {
      result.push_back({{"name", known.name}, {"value", known.to}});
    }
  }
  return result;
}

}  // namespace

bool set_environment(const Value& pod, const EnvironmentStatus& environment, std::size_t first,
                     Patch& patch) {
  const Value& spec = kube::member(pod, "spec");
  const auto certain = [&environment](const Value& container) {
    return reaches_sidecar(container, environment.override_all) &&
           (environment.override_all || is_as_expected(container, environment));
  };
  const Value& containers = list_of(spec, "containers");
  const Value& before = list_of(spec, "initContainers");
  if (!std::ranges::all_of(containers, certain) || !std::ranges::all_of(before, certain)) {
    return false;
  }
  for (std::size_t i = 0; i < containers.size(); ++i) {
    patch.add("/spec/containers/" + std::to_string(i) + "/env",
              environment_of(containers[i], environment));
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    patch.add("/spec/initContainers/" + std::to_string(first + i) + "/env",
              environment_of(before[i], environment));
  }
  return true;
}

}  // namespace penstock::webhook

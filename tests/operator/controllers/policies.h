#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "operator/controllers/policy_controller.h"
#include "tests/operator/controllers/api_server_test.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {

// A PolicyController on a fake API server, with two policies that its stores hold.
class PolicyControllerTest : public ApiServerTest {
 protected:
  PolicyControllerTest() {
    stores_.deployments.replace({{"ns/engine", reconcile::workload("engine", reconcile::kVllm)}});
    set_mode("one", "Enforce");
    set_mode("two", "Enforce");
  }

  // As an edit would; its own status does not come back, as if the watch were late. Each is
  // injected, whoever of them has the pods.
  void set_mode(const std::string& name, const std::string& mode) {
    stores_.policies.put(
        reconcile::policy(name,
                          "{selector: {matchLabels: {app: llm}}, interception: {engine: "
                          "{port: 8000, flag: --port}}, mode: " +
                              mode + "}"));
  }

  kube::WorkOutcome reconcile(const std::string& name) { return controller_.reconcile("ns", name); }

  [[nodiscard]] std::ptrdiff_t statuses_written(const std::string& name) const {
    const std::string line = "PATCH " + kube::kPolicies.object("ns", name, "status");
    return std::ranges::count_if(server_.requests(), [&line](const std::string& request) {
      return request.starts_with(line);
    });
  }

  // The API server's ConfigMap of policy "one", which the store comes to see.
  json::Value see_config() {
    const auto now = client_.get(kube::kConfigMaps.object("ns", "penstock-one"));
    if (now) {
      stores_.config_maps.put(std::make_shared<const ConfigMap>(read_config_map(*now)));
    } else {
      stores_.config_maps.remove("ns", "penstock-one");
    }
    return now.value_or(json::Value());
  }

  // An edit that leads nowhere, of a policy whose good version was written as `map`.
  void break_policy(const json::Value& map, const std::string& more = "") {
    const json::Value status = {{"hash", map["metadata"]["annotations"]["penstock.dev/hash"]}};
    stores_.policies.put(reconcile::policy(
        "one",
        "{selector: {matchLabels: {app: llm}}, routing: {tableRef: {name: none}}" + more + "}",
        "2026-01-01T00:00:00Z", status));
  }

  collect::Collector collector_{[](const std::string&) {}, 1};
  Stores stores_{StoreChanges{}};
  AutoscalingBoard board_;
  PolicyController controller_{stores_, client_, events_,         collector_,
                               board_,  clock_,  {.version = "1"}};
};

}  // namespace penstock::controllers

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/controllers/autoscaling_controller.h"
#include "tests/operator/controllers/api_server_test.h"
#include "tests/operator/reconcile/worlds.h"

// An autoscaling controller with all that it works with, before a fake API server.
namespace penstock::controllers {

class Newest final : public AutoscalingObserver {
 public:
  autoscale::DecisionRecord record;
  int published_times = 0;
  int forgotten_times = 0;

  void decided(const autoscale::DecisionRecord& decided, autoscale::LeadTime /*lead*/,
               const std::vector<autoscale::Finding>& /*conditions*/) override {
    record = decided;
  }
  void prepared(const std::string& /*policy*/,
                const std::optional<api::NodeCapacityStatus>& /*nodes*/) override {}
  void published(const std::string& /*ns*/, const std::string& /*name*/) override {
    ++published_times;
  }
  void forgotten(const std::string& /*policy*/) override { ++forgotten_times; }
};

// A Deployment of four pods on two nodes, of a policy that allows two.
class AutoscalingControllerTest : public ApiServerTest {
 protected:
  AutoscalingControllerTest() {
    set_policy("{}");
    set_replicas(4);
    for (const char* name : {"p1", "p2", "p3", "p4"}) {
      put_pod(name, name[1] <= '2' ? "node-a" : "node-b", "");
    }
  }

  void set_policy(const std::string& status, const std::string& autoscaling =
                                                 "autoscaling: {target: {name: engine}, "
                                                 "minReplicas: 2, maxReplicas: 2, "
                                                 "replicaUsdPerHour: \"2.5\"}") {
    stores_.policies.put(
        reconcile::policy("chat", "{selector: {matchLabels: {app: llm}}, " + autoscaling + "}",
                          "2026-01-01T00:00:00Z", reconcile::yaml(status)));
    ASSERT_EQ(stores_.policies.find("ns", "chat")->errors, std::vector<std::string>());
  }
  // An edit of it that has an error.
  void spoil_policy(const std::string& status = "{}") {
    stores_.policies.put(reconcile::policy("chat",
                                           "{selector: {matchLabels: {app: llm}}, autoscaling: "
                                           "{target: {name: engine}, maxReplicas: 0}}",
                                           "2026-01-01T00:00:00Z", reconcile::yaml(status)));
    ASSERT_NE(stores_.policies.find("ns", "chat")->errors, std::vector<std::string>());
  }
  // `metadata`: more of it.
  void set_replicas(int replicas, const std::string& metadata = "") {
    stores_.deployments.put(std::make_shared<const reconcile::Workload>(read_deployment(
        reconcile::yaml("{metadata: {name: engine, namespace: ns" + metadata +
                        "}, spec: {replicas: " + std::to_string(replicas) + "}}"))));
  }
  void put_pod(const std::string& name, const std::string& node, const std::string& cost) {
    reconcile::Pod pod = reconcile::pod(name);
    pod.node = node;
    pod.deletion_cost = pod.own_deletion_cost = cost;
    stores_.pods.put(std::make_shared<const reconcile::Pod>(std::move(pod)));
  }
  void tick() {
    clock_.advance(AutoscalingController::kPeriod);
    const kube::WorkOutcome outcome = controller_.reconcile("ns", "chat");
    EXPECT_TRUE(outcome.succeeded) << outcome.problem;
  }
  // What was written since the last call, without the server's own details.
  std::vector<std::string> written() {
    std::vector<std::string> requests = server_.requests();
    requests.erase(requests.begin(), requests.begin() + seen_);
    seen_ += std::ssize(requests);
    std::erase_if(requests, [](const std::string& request) {
      return !request.starts_with("PATCH /api") || request.contains("/events");
    });
    for (std::string& request : requests) {
      request = request.substr(request.find("namespaces/ns/") + 14);
      request.resize(std::min(request.size(), request.find('?')));
    }
    return requests;
  }

  // The next write of replicas is answered so.
  void answer_scale(int status, int times = 1) {
    server_.fail_next("PATCH /apis/apps/v1/namespaces/ns/deployments/engine/scale",
                      {.status = status, .body = status == 200 ? "{}" : "", .retry_after = ""},
                      times);
  }
  std::ptrdiff_t scale_writes() {
    return std::ranges::count(written(), "deployments/engine/scale");
  }
  reconcile::AutoscalingNote::Stated condition(const std::string& type) {
    for (const auto& stated :
         board_.find("ns/chat").value_or(reconcile::AutoscalingNote()).conditions) {
      if (stated.type == type) {
        return stated;
      }
    }
    return {};
  }

  kube::Discovery discovery_{client_, clock_};
  collect::Collector collector_{[](const std::string&) {}, 1};
  Stores stores_{StoreChanges{}};
  HoldController hold_{stores_, client_, collector_, clock_, {}, [](const auto&, const auto&) {}};
  AutoscalingBoard board_;
  CapacityController capacity_{stores_, client_, discovery_, events_, clock_, {}};
  Newest observer_;
  std::ptrdiff_t seen_ = 0;
  AutoscalingController controller_{stores_, client_, discovery_, events_, collector_,
                                    hold_,   board_,  capacity_,  clock_,  observer_};
};

}  // namespace penstock::controllers

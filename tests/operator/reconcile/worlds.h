#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/text.h"
#include "lib/json/write.h"
#include "operator/controllers/readers.h"
#include "operator/reconcile/decide.h"
#include "operator/reconcile/older_policies.h"
#include "operator/reconcile/world.h"

// Worlds for tests, made from the YAML that a user would write and the objects an API server holds.
namespace penstock::reconcile {

inline json::Value yaml(const std::string& text) {
  return json::parse_yaml(text).documents.at(0).value;
}

// Of pods that worlds have.
inline const std::string kSelector = "selector: {matchLabels: {app: llm}}";
inline const Settings kSettings{.version = "1.0", .sidecar_image = "sidecar:1"};

// A policy of the namespace "ns"; `spec` is flow YAML.
inline Ptr<Policy> policy(const std::string& name, const std::string& spec,
                          const std::string& created = "2026-01-01T00:00:00Z",
                          json::Value status = {}) {
  json::Value object =
      yaml("{metadata: {name: " + name + ", namespace: ns, generation: 3, uid: u-" + name +
           "}, spec: " + spec + "}");
  object["metadata"]["creationTimestamp"] = created;
  object["status"] = std::move(status);
  return std::make_shared<const Policy>(controllers::read_policy(object));
}

inline Ptr<Document> table(const std::string& name, const std::string& spec) {
  return std::make_shared<const Document>(controllers::read_table(
      yaml("{metadata: {name: " + name + ", namespace: ns, generation: 1}, spec: " + spec + "}")));
}

// A Deployment of `containers`, flow YAML, whose pods are labelled app: llm.
inline Ptr<Workload> workload(const std::string& name, const std::string& containers,
                              const std::string& more = "") {
  return std::make_shared<const Workload>(controllers::read_deployment(yaml(
      "{metadata: {name: " + name +
      ", namespace: ns}, spec: {template: {metadata: {labels: {app: llm}}, spec: {containers: " +
      containers + more + "}}}}")));
}

inline Ptr<Service> service(const std::string& name, const std::string& target) {
  return std::make_shared<const Service>(controllers::read_service(yaml(
      "{metadata: {name: " + name +
      ", namespace: ns}, spec: {selector: {app: llm}, ports: [{port: 80, targetPort: " + target +
      "}]}}")));
}

inline const std::string kVllm =
    "[{name: vllm, image: vllm/vllm-openai, args: [--port, \"8000\"], ports: [{name: http, "
    "containerPort: 8000}]}]";

// A pod of Deployment "engine" that carries the sidecar of `by`, or none.
inline Pod pod(const std::string& name, const std::string& by = "",
               const std::string& injection = "") {
  Pod result{.owner_kind = "ReplicaSet",
             .owner_name = "engine-abc12",
             .ip = "10.0.0.1",
             .injected_by = by,
             .injected_hash = injection,
             .has_sidecar = !by.empty(),
             .sidecar_port = 8000,
             .engine_port = 18000,
             .ready = true,
             .ready_since = "2026-02-01T00:00:00Z"};
  result.meta.ns = "ns";
  result.meta.name = name;
  result.meta.labels = {{"app", "llm"}};
  return result;
}

inline World world(Ptr<Policy> of) {
  World result;
  result.policy = std::move(of);
  result.workloads = {workload("engine", kVllm)};
  result.now = "2026-02-02T00:00:00Z";
  result.judged_until = "2026-02-01T23:59:30Z";
  return result;
}

inline void add(World& to, Pod pod) {
  to.pods.push_back(std::make_shared<const Pod>(std::move(pod)));
}

// The same policy once `plan` has been written.
inline World after(World before, const Plan& plan) {
  Policy changed = *before.policy;
  changed.status = json::write(plan.status);
  note_standing(changed);
  before.policy = std::make_shared<const Policy>(std::move(changed));
  return before;
}

// As an operator leaves it: what admission goes by is what is wanted.
inline World in_force(const World& seen, const Settings& settings = kSettings) {
  return after(seen, decide(seen, settings));
}

inline const api::Condition& condition(const Plan& plan, const std::string& type) {
  const auto found = std::ranges::find(plan.status.conditions, type, &api::Condition::type);
  EXPECT_NE(found, plan.status.conditions.end()) << type;
  return *found;
}

// "True Accepted".
inline std::string state(const Plan& plan, const std::string& type) {
  const api::Condition& found = condition(plan, type);
  return std::string(json::name_of(found.status)) + " " + found.reason;
}

}  // namespace penstock::reconcile

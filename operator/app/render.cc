#include "operator/app/render.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>

#include "lib/api/resources.h"
#include "lib/api/selects.h"
#include "lib/json/text.h"
#include "lib/json/write.h"
#include "lib/json/yaml_output.h"
#include "operator/controllers/readers.h"
#include "operator/kube/base64.h"
#include "operator/kube/text_file.h"
#include "operator/reconcile/decide.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::control {
namespace {

namespace fs = std::filesystem;

using json::Value;
using reconcile::Ptr;
using reconcile::World;

// What stands in the files, by namespace.
struct Inventory {
  std::vector<Ptr<reconcile::Policy>> policies;
  std::vector<Ptr<reconcile::Document>> tiers;
  std::vector<Ptr<reconcile::Document>> tables;
  std::vector<Ptr<reconcile::Workload>> workloads;
  std::vector<Ptr<reconcile::Service>> services;
  std::vector<controllers::Namespace> namespaces;
  bool broken = false;
};

template <class T>
void add(std::vector<Ptr<T>>& to, T object) {
  to.push_back(std::make_shared<const T>(std::move(object)));
}

void take(Value document, Inventory& into) {
  // What kubectl prints of several objects, and takes.
  if (kube::text_of(document, "kind") == "List") {
    for (const Value& item : kube::list_of(document, "items")) {
      take(item, into);
    }
    return;
  }
  // kubectl would say where; here it is the namespace that kubectl takes unasked.
  if (document.is_object() && document["metadata"].is_object() &&
      !document["metadata"].contains("namespace")) {
    document["metadata"]["namespace"] = api::kDefaultNamespace;
  }
  const std::string kind = kube::text_of(document, "kind");
  if (kind == "OptimizationPolicy") {
    add(into.policies, controllers::read_policy(document));
  } else if (kind == "CacheTier") {
    add(into.tiers, controllers::read_tier(document));
  } else if (kind == "RoutingTable") {
    add(into.tables, controllers::read_table(document));
  } else if (kind == "Deployment") {
    add(into.workloads, controllers::read_deployment(document));
  } else if (kind == "StatefulSet") {
    add(into.workloads, controllers::read_stateful_set(document));
  } else if (kind == "Pod") {
    add(into.workloads, controllers::read_bare_pod(document));
  } else if (kind == "DaemonSet" || kind == "ReplicaSet" || kind == "Job" || kind == "CronJob") {
    add(into.workloads, controllers::read_other_workload(document));
  } else if (kind == "Service") {
    add(into.services, controllers::read_service(document));
  } else if (kind == "Namespace") {
    into.namespaces.push_back(controllers::read_namespace(document));
  }
}

void read_file(const fs::path& path, Inventory& into) {
  const std::optional<std::string> content = kube::read_text_file(path);
  if (!content) {
    std::cerr << path.string() << ": cannot be read\n";
    into.broken = true;
    return;
  }
  const json::Text text =
      path.extension() == ".json" ? json::parse_json(*content) : json::parse_yaml(*content);
  for (const json::SyntaxError& error : text.errors) {
    std::cerr << path.string() << ":" << error.line << ": " << error.message << "\n";
    into.broken = true;
  }
  for (const json::Document& document : text.documents) {
    take(document.value, into);
  }
}

void read(const fs::path& path, Inventory& into) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return read_file(path, into);
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    read_file(file, into);
  }
}

template <class T>
std::vector<Ptr<T>> of_namespace(const std::vector<Ptr<T>>& all, const std::string& ns) {
  std::vector<Ptr<T>> found;
  std::ranges::copy_if(all, std::back_inserter(found),
                       [&ns](const Ptr<T>& object) { return object->meta.ns == ns; });
  return found;
}

World world_of(const Inventory& all, const Ptr<reconcile::Policy>& policy) {
  const std::string& ns = policy->meta.ns;
  World world;
  world.policy = policy;
  for (Ptr<reconcile::Policy>& other : of_namespace(all.policies, ns)) {
    if (other != policy) {
      world.others.push_back(std::move(other));
    }
  }
  world.tiers = of_namespace(all.tiers, ns);
  world.tables = of_namespace(all.tables, ns);
  world.services = of_namespace(all.services, ns);
  for (Ptr<reconcile::Workload>& workload : of_namespace(all.workloads, ns)) {
    if (api::selects(policy->parsed.selector, workload->pods.labels)) {
      world.workloads.push_back(std::move(workload));
    }
  }
  const auto found = std::ranges::find(
      all.namespaces, ns, [](const controllers::Namespace& one) { return one.meta.name; });
  world.pod_security = found == all.namespaces.end() ? "" : found->pod_security;
  world.now = "1970-01-01T00:00:00Z";
  return world;
}

// The policy with the status that the operator would write, and its ConfigMap.
bool print(const reconcile::Policy& policy, const reconcile::Plan& plan) {
  bool good = plan.config.has_value();
  for (const api::Condition& condition : plan.status.conditions) {
    const bool bad = condition.status != api::ConditionStatus::kTrue &&
                     (condition.type == "Accepted" || condition.type == "ResolvedRefs" ||
                      (condition.type == "Injected" && !plan.status.injection));
    if (bad) {
      std::cerr << policy.meta.key() << ": " << condition.type << ": " << condition.message << "\n";
      good = false;
    }
  }
  const Value metadata = {{"name", policy.meta.name}, {"namespace", policy.meta.ns}};
  std::cout << "---\n"
            << json::to_yaml({{"apiVersion", api::kApiVersion},
                              {"kind", "OptimizationPolicy"},
                              {"metadata", metadata},
                              {"status", json::write(plan.status)}});
  if (plan.config) {
    std::cout << "---\n"
              << json::to_yaml({{"apiVersion", "v1"},
                                {"kind", "ConfigMap"},
                                {"metadata",
                                 {{"name", reconcile::config_map_name(policy.meta.name)},
                                  {"namespace", policy.meta.ns},
                                  {"annotations", {{"penstock.dev/hash", plan.status.hash}}}}},
                                {"data", plan.config->text},
                                {"binaryData", kube::encode_base64(plan.config->bytes)}});
  }
  return good;
}

}  // namespace

int render(const std::vector<std::string>& paths, const reconcile::Settings& settings) {
  Inventory inventory;
  for (const std::string& path : paths) {
    read(path, inventory);
  }
  if (inventory.policies.empty()) {
    std::cerr << "penstock-operator: the files hold no OptimizationPolicy\n";
    return 1;
  }
  bool good = !inventory.broken;
  for (const Ptr<reconcile::Policy>& policy : inventory.policies) {
    const World world = world_of(inventory, policy);
    good = print(*policy, reconcile::decide(world, settings)) && good;
  }
  return good ? 0 : 1;
}

}  // namespace penstock::control

#include "operator/controllers/readers.h"

#include <string>
#include <utility>
#include <vector>

#include "lib/api/pod_annotations.h"
#include "lib/api/resources.h"
#include "lib/json/scalars.h"
#include "lib/zoneinfo/zone_files.h"
#include "operator/autoscale/policy_settings.h"
#include "operator/reconcile/older_policies.h"

namespace penstock::controllers {
namespace {

using json::Value;
using kube::flag_of;
using kube::list_of;
using kube::member;
using kube::number_of;
using kube::strings_of;
using kube::text_of;
using kube::texts_of;

template <class Visit>
void for_each(const Value& object, const char* name, const Visit& visit) {
  for (const Value& element : list_of(object, name)) {
    visit(element);
  }
}

// Strict: the API server has pruned what the schema does not know.
template <class Spec>
void read_document(const Value& object, std::string_view kind,
                   std::vector<api::Object<Spec>> api::Resources::* list, reconcile::Document& into,
                   Spec* parsed) {
  into.meta = kube::read_meta(object);
  into.spec = member(object, "spec");
  into.status = member(object, "status");
  const Value document = {{"apiVersion", api::kApiVersion},
                          {"kind", kind},
                          {"metadata", {{"name", into.meta.name}, {"namespace", into.meta.ns}}},
                          {"spec", into.spec}};
  api::Resources resources;
  api::add_text(resources, "object.json",
                document.dump(-1, ' ', false, Value::error_handler_t::replace),
                json::Strictness::kStrict);
  for (const api::ResourceError& error : resources.errors) {
    into.errors.push_back(error.path.empty() ? error.message : error.path + " " + error.message);
  }
  if (parsed != nullptr && !(resources.*list).empty()) {
    *parsed = std::move((resources.*list).front().spec);
  }
}

void read_probe(const Value& probe, reconcile::Container& container) {
  const Value& http = member(probe, "httpGet");
  if (text_of(http, "scheme") == "HTTPS") {
    const std::int64_t number = number_of(http, "port");
    container.probed_by_tls.push_back(number > 0 ? std::to_string(number) : text_of(http, "port"));
  }
}

void read_command(const Value& handler, reconcile::Container& container) {
  for (std::string& word : strings_of(member(handler, "exec"), "command")) {
    container.probe_words.push_back(std::move(word));
  }
}

reconcile::Container read_container(const Value& container) {
  reconcile::Container result{
      .name = text_of(container, "name"),
      .image = text_of(container, "image"),
      .command = strings_of(container, "command"),
      .args = strings_of(container, "args"),
      .has_env_from = !list_of(container, "envFrom").empty(),
      .has_pre_stop = !member(member(container, "lifecycle"), "preStop").is_null()};
  for_each(container, "env", [&result](const Value& variable) {
    const Value& from = member(variable, "valueFrom");
    result.env.push_back({text_of(variable, "name"), text_of(variable, "value"), !from.is_null(),
                          text_of(member(from, "fieldRef"), "fieldPath")});
  });
  for_each(container, "ports", [&result](const Value& port) {
    const std::string protocol = text_of(port, "protocol");
    if (protocol.empty() || protocol == "TCP") {
      result.ports.push_back({text_of(port, "name"), number_of(port, "containerPort"),
                              number_of(port, "hostPort") > 0});
    }
  });
  for (const char* probe : {"startupProbe", "readinessProbe", "livenessProbe"}) {
    read_probe(member(container, probe), result);
    read_command(member(container, probe), result);
  }
  for (const char* hook : {"postStart", "preStop"}) {
    read_command(member(member(container, "lifecycle"), hook), result);
  }
  return result;
}

bool rolls_out(const Value& spec) {
  const Value& strategy = member(spec, "updateStrategy");
  return !flag_of(spec, "paused") && text_of(strategy, "type") != "OnDelete" &&
         number_of(member(strategy, "rollingUpdate"), "partition") == 0;
}

reconcile::Workload read_workload(const Value& object, std::string kind) {
  const Value& spec = member(object, "spec");
  return {.meta = kube::read_meta(object),
          .kind = std::move(kind),
          .replicas = number_of(spec, "replicas"),
          .pods = read_template(member(spec, "template")),
          .replica_owners = kube::owners_of(object, "replicas"),
          .rolls_out = rolls_out(spec)};
}

}  // namespace

reconcile::Policy read_policy(const Value& object) {
  reconcile::Policy policy;
  read_document<api::OptimizationPolicySpec>(object, "OptimizationPolicy",
                                             &api::Resources::policies, policy, &policy.parsed);
  if (policy.errors.empty() && policy.parsed.autoscaling) {
    policy.errors = autoscale::zone_errors(*policy.parsed.autoscaling, &zoneinfo::load_zone);
  }
  reconcile::note_standing(policy);
  return policy;
}

reconcile::Document read_tier(const Value& object) {
  reconcile::Document tier;
  read_document<api::CacheTierSpec>(object, "CacheTier", &api::Resources::tiers, tier, nullptr);
  return tier;
}

reconcile::Document read_table(const Value& object) {
  reconcile::Document table;
  read_document<api::RoutingTableSpec>(object, "RoutingTable", &api::Resources::tables, table,
                                       nullptr);
  return table;
}

reconcile::PodTemplate read_template(const Value& pod) {
  const Value& spec = member(pod, "spec");
  const Value& metadata = member(pod, "metadata");
  reconcile::PodTemplate result{.labels = texts_of(metadata, "labels"),
                                .host_network = flag_of(spec, "hostNetwork"),
                                .opted_out = text_of(member(metadata, "annotations"),
                                                     api::pod_annotation::kInject) == "false"};
  for_each(spec, "containers", [&result](const Value& container) {
    result.containers.push_back(read_container(container));
  });
  for_each(spec, "initContainers", [&result](const Value& container) {
    result.init_containers.push_back(read_container(container));
  });
  return result;
}

reconcile::Workload read_deployment(const Value& object) {
  return read_workload(object, "Deployment");
}

reconcile::Workload read_stateful_set(const Value& object) {
  return read_workload(object, "StatefulSet");
}

reconcile::Workload read_other_workload(const Value& object) {
  const Value& job = member(member(object, "spec"), "jobTemplate");
  reconcile::Workload workload =
      read_workload(job.is_null() ? object : job, text_of(object, "kind"));
  workload.meta = kube::read_meta(object);
  return workload;
}

reconcile::Workload read_bare_pod(const Value& object) {
  return {.meta = kube::read_meta(object), .kind = "Pod", .pods = read_template(object)};
}

reconcile::Service read_service(const Value& object) {
  const Value& spec = member(object, "spec");
  reconcile::Service service{.meta = kube::read_meta(object),
                             .selector = texts_of(spec, "selector"),
                             .cluster_ip = text_of(spec, "clusterIP")};
  for_each(spec, "ports", [&service](const Value& port) {
    const Value& target = member(port, "targetPort");
    reconcile::ServicePort read;
    if (target.is_string()) {
      read.target_name = target.get<std::string>();
    } else {
      // Absent, it is the Service's own port.
      read.target_number = number_of(port, target.is_null() ? "port" : "targetPort");
    }
    read.name = text_of(port, "name");
    read.number = number_of(port, "port");
    if (const std::string protocol = text_of(port, "protocol"); !protocol.empty()) {
      read.protocol = protocol;
    }
    service.ports.push_back(std::move(read));
  });
  return service;
}

reconcile::EndpointSlice read_endpoint_slice(const Value& object) {
  const auto labels = texts_of(member(object, "metadata"), "labels");
  const auto service = labels.find("kubernetes.io/service-name");
  reconcile::EndpointSlice slice{
      .meta = kube::read_meta(object),
      .service = service == labels.end() ? std::string() : service->second};
  for_each(object, "ports",
           [&slice](const Value& port) { slice.ports.push_back(number_of(port, "port")); });
  for_each(object, "endpoints", [&slice](const Value& endpoint) {
    const Value& target = member(endpoint, "targetRef");
    if (text_of(target, "kind") == "Pod") {
      slice.pods.push_back(text_of(target, "name"));
    }
    for (std::string& address : strings_of(endpoint, "addresses")) {
      slice.addresses.push_back(std::move(address));
    }
    // One that does not say so is.
    const Value& ready = member(member(endpoint, "conditions"), "ready");
    slice.ready = slice.ready || !ready.is_boolean() || ready.get<bool>();
  });
  return slice;
}

PodAutoscaler read_pod_autoscaler(const Value& object) {
  const Value& target = member(member(object, "spec"), "scaleTargetRef");
  return {.meta = kube::read_meta(object),
          .target_kind = text_of(target, "kind"),
          .target_name = text_of(target, "name")};
}

Namespace read_namespace(const Value& object) {
  Namespace result{.meta = kube::read_meta(object)};
  const auto level = result.meta.labels.find("pod-security.kubernetes.io/enforce");
  if (level != result.meta.labels.end()) {
    result.pod_security = level->second;
  }
  return result;
}

}  // namespace penstock::controllers

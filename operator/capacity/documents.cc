#include "operator/capacity/documents.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "lib/api/pod_annotations.h"
#include "operator/capacity/pod_shape.h"
#include "operator/kube/resource_type.h"

namespace penstock::capacity {
namespace {

using json::Value;
using kube::list_of;
using kube::member;

constexpr std::size_t kNameMax = 253;
constexpr std::size_t kLabelMax = 63;

// What decides where a pod may run. Spreading is left out: it counts pods by labels, and these have
// others.
constexpr std::array kPlacement = {"nodeSelector",     "affinity",      "tolerations",
                                   "runtimeClassName", "schedulerName", "resourceClaims"};

Value labels_of(const Placeholder& placeholder) {
  return {{"app.kubernetes.io/managed-by", "penstock-operator"},
          {kHeadroomLabel, placeholder.label()}};
}

Value metadata_of(const Placeholder& placeholder) {
  const Value owner = {{"apiVersion", kube::kPolicies.api_version()},
                       {"kind", kube::kPolicies.kind},
                       {"name", placeholder.policy.name},
                       {"uid", placeholder.policy.uid}};
  return {{"name", placeholder.name()},
          {"namespace", placeholder.policy.ns},
          {"labels", labels_of(placeholder)},
          {"ownerReferences", Value::array({owner})}};
}

Value resources_of(const Value& container) {
  const Value& resources = member(container, "resources");
  Value result = Value::object();
  Value requests = Value::object();
  Value limits = Value::object();
  const Value& asked = member(resources, "requests");
  const Value& most = member(resources, "limits");
  if (asked.is_object()) {
    requests = asked;
  }
  if (most.is_object()) {
    for (const auto& [name, quantity] : most.items()) {
      if (!requests.contains(name)) {
        requests[name] = quantity;
      }
    }
  }
  for (const auto& [name, quantity] : requests.items()) {
    if (is_device(name) || name.starts_with("hugepages-")) {
      limits[name] = quantity;  // the API refuses others: these cannot be overcommitted
    }
  }
  if (!requests.empty()) {
    result["requests"] = std::move(requests);
  }
  if (!limits.empty()) {
    result["limits"] = std::move(limits);
  }
  if (const Value& claims = list_of(resources, "claims"); !claims.empty()) {
    result["claims"] = claims;
  }
  return result;
}

Value container_of(const Placeholder& placeholder, const std::string& name, const Value& like) {
  return {{"name", name},
          {"image", placeholder.image},
          {"resources", resources_of(like)},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", {{"drop", Value::array({"ALL"})}}}}}};
}

// A node is avoided that has all of them. So each one that a node lacks is an alternative of its
// own, within every alternative of a required affinity.
void avoid_nodes(const std::map<std::string, std::string>& labels, Value& spec) {
  if (labels.empty()) {
    return;
  }
  Value& affinity = spec["affinity"]["nodeAffinity"];
  Value& terms = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
  if (!terms.is_array() || terms.empty()) {
    terms = Value::array({Value::object()});
  }
  Value alternatives = Value::array();
  for (const Value& term : terms) {
    for (const auto& [key, value] : labels) {
      Value alternative = term;
      alternative["matchExpressions"].push_back(
          {{"key", key}, {"operator", "NotIn"}, {"values", Value::array({value})}});
      alternatives.push_back(std::move(alternative));
    }
  }
  terms = std::move(alternatives);
}

// A selector that says "not in" takes them, too: no sidecar is for them.
Value pod_metadata(const Placeholder& placeholder) {
  return {{"labels", labels_of(placeholder)},
          {"annotations", {{api::pod_annotation::kInject, "false"}}}};
}

}  // namespace

std::string Placeholder::name() const {
  return policy.name.substr(0, kNameMax - suffix.size() - 1) + "-" + suffix;
}

std::string Placeholder::label() const {
  const std::string text = name();
  return text.size() <= kLabelMax ? text : policy.uid + "-" + suffix;
}

Value headroom_pod(const Placeholder& placeholder) {
  Value spec = {{"automountServiceAccountToken", false},
                {"enableServiceLinks", false},
                {"terminationGracePeriodSeconds", 0},
                {"securityContext",
                 {{"runAsNonRoot", true},
                  {"runAsUser", 65'534},
                  {"seccompProfile", {{"type", "RuntimeDefault"}}}}}};
  if (!placeholder.priority_class.empty()) {
    spec["priorityClassName"] = placeholder.priority_class;
  }
  for (const char* part : kPlacement) {
    if (const Value& value = member(placeholder.pod_spec, part); !value.is_null()) {
      spec[part] = value;
    }
  }
  for (const auto& [key, value] : placeholder.nodes.wanted) {
    spec["nodeSelector"][key] = value;
  }
  avoid_nodes(placeholder.nodes.avoided, spec);
  Value containers = Value::array();
  for (const Value& container : list_of(placeholder.pod_spec, "containers")) {
    containers.push_back(
        container_of(placeholder, "c" + std::to_string(containers.size()), container));
  }
  if (!placeholder.sidecar.is_null()) {
    containers.push_back(container_of(placeholder, "sidecar", placeholder.sidecar));
  }
  spec["containers"] = std::move(containers);
  return spec;
}

Value pod_template(const Placeholder& placeholder) {
  return {
      {"apiVersion", "v1"},
      {"kind", "PodTemplate"},
      {"metadata", metadata_of(placeholder)},
      {"template", {{"metadata", pod_metadata(placeholder)}, {"spec", headroom_pod(placeholder)}}}};
}

Value capacity_buffer(const Placeholder& placeholder, const std::string& api_version,
                      int replicas) {
  return {{"apiVersion", api_version},
          {"kind", "CapacityBuffer"},
          {"metadata", metadata_of(placeholder)},
          {"spec",
           {{"podTemplateRef", {{"name", placeholder.name()}}},
            {"replicas", replicas},
            {"provisioningStrategy", "buffer.x-k8s.io/active-capacity"}}}};
}

Value placeholder_deployment(const Placeholder& placeholder, int replicas) {
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", metadata_of(placeholder)},
          {"spec",
           {{"replicas", replicas},
            {"revisionHistoryLimit", 0},
            // All at once, old ones first: beside new ones they would ask for twice the room.
            {"strategy", {{"type", "Recreate"}}},
            {"selector", {{"matchLabels", {{kHeadroomLabel, placeholder.label()}}}}},
            {"template",
             {{"metadata", pod_metadata(placeholder)}, {"spec", headroom_pod(placeholder)}}}}}};
}

}  // namespace penstock::capacity

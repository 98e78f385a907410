#include "operator/crd/documents.h"

#include <utility>

#include "lib/api/cache_tier.h"
#include "lib/api/optimization_policy.h"
#include "lib/api/policy_status.h"
#include "lib/api/routing_table.h"
#include "lib/json/schema.h"
#include "lib/json/yaml_output.h"
#include "operator/crd/schema.h"

namespace penstock::crd {
namespace {

using json::Value;

struct Names {
  std::string_view kind;
  std::string_view plural;
  std::string_view singular;
  std::string_view short_name;
  std::string_view about;
  std::string_view spec;
  std::string_view status;
};

Value column(std::string_view name, std::string_view path, std::string_view type = "string",
             int priority = 0) {
  return {{"name", name}, {"jsonPath", path}, {"type", type}, {"priority", priority}};
}

Value condition_column(std::string_view type) {
  return column(type, ".status.conditions[?(@.type==\"" + std::string(type) + "\")].status");
}

Value age() {
  return column("Age", ".metadata.creationTimestamp", "date");
}

Value described(Value schema, std::string_view about) {
  schema["description"] = about;
  return schema;
}

// A status says what is; a default would say it before anybody looked.
Value without_defaults(Value schema) {
  if (schema.is_object()) {
    schema.erase("default");
  }
  for (Value& member : schema) {
    if (member.is_structured()) {
      member = without_defaults(std::move(member));
    }
  }
  return schema;
}

Document document(const Names& names, const json::FieldInfo& spec, const json::FieldInfo& status,
                  Value columns) {
  Value schema = {{"type", "object"}, {"description", names.about}, {"required", {"spec"}}};
  const Value text = {{"type", "string"}};
  schema["properties"] = {
      {"apiVersion",
       described(text, "The group and version of this schema: penstock.dev/v1alpha1.")},
      {"kind", described(text, "What it is: " + std::string(names.kind) + ".")},
      {"metadata", {{"type", "object"}}},  // the API server's own; nothing may be said of it here
      {"spec", described(schema_of(spec), names.spec)},
      {"status", described(without_defaults(schema_of(status)), names.status)}};
  const Value version = {{"name", "v1alpha1"},
                         {"served", true},
                         {"storage", true},
                         {"subresources", {{"status", Value::object()}}},
                         {"additionalPrinterColumns", std::move(columns)},
                         {"schema", {{"openAPIV3Schema", std::move(schema)}}}};
  const Value definition = {{"apiVersion", "apiextensions.k8s.io/v1"},
                            {"kind", "CustomResourceDefinition"},
                            {"metadata", {{"name", std::string(names.plural) + ".penstock.dev"}}},
                            {"spec",
                             {{"group", "penstock.dev"},
                              {"scope", "Namespaced"},
                              {"names",
                               {{"kind", names.kind},
                                {"listKind", std::string(names.kind) + "List"},
                                {"plural", names.plural},
                                {"singular", names.singular},
                                {"shortNames", Value::array({names.short_name})},
                                {"categories", Value::array({"penstock"})}}},
                              {"versions", Value::array({version})}}}};
  return {std::string(names.plural) + ".yaml", json::to_yaml(definition)};
}

template <class Spec, class Status>
Document document_of(const Names& names, Value columns) {
  return document(names, json::describe_object<Spec>(), json::describe_object<Status>(),
                  std::move(columns));
}

}  // namespace

std::vector<Document> documents() {
  std::vector<Document> result;
  result.push_back(document_of<api::OptimizationPolicySpec, api::OptimizationPolicyStatus>(
      {.kind = "OptimizationPolicy",
       .plural = "optimizationpolicies",
       .singular = "optimizationpolicy",
       .short_name = "opol",
       .about = "What Penstock does for the model traffic of the pods that it selects.",
       .spec = "Which pods, and what is done for them.",
       .status = "What became of it; only the operator writes it."},
      Value::array({column("Mode", ".spec.mode"), condition_column("Accepted"),
                    condition_column("Programmed"),
                    column("Injected", ".status.pods.injected", "integer"),
                    column("Pods", ".status.pods.selected", "integer"),
                    column("Interception", ".status.interception", "string", 1),
                    column("Hash", ".status.hash", "string", 1), age()})));
  result.push_back(document_of<api::CacheTierSpec, api::ReferencedStatus>(
      {.kind = "CacheTier",
       .plural = "cachetiers",
       .singular = "cachetier",
       .short_name = "ctier",
       .about = "A store for answers, which policies share by its name.",
       .spec = "What kind of store, and how large.",
       .status = "Whether it is valid, and who uses it; only the operator writes it."},
      Value::array({column("Type", ".spec.type"), column("Size", ".spec.memory.size"),
                    condition_column("Accepted"), column("Policies", ".status.policies", "integer"),
                    age()})));
  result.push_back(document_of<api::RoutingTableSpec, api::ReferencedStatus>(
      {.kind = "RoutingTable",
       .plural = "routingtables",
       .singular = "routingtable",
       .short_name = "rtab",
       .about = "Model APIs, and which requests go to which of them.",
       .spec = "The model APIs, and the routes to them.",
       .status = "Whether it is valid, and who uses it; only the operator writes it."},
      Value::array({column("Backends", ".spec.backends[*].name"), condition_column("Accepted"),
                    column("Policies", ".status.policies", "integer"), age()})));
  return result;
}

}  // namespace penstock::crd

#include "operator/controllers/config_map.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "operator/kube/base64.h"
#include "operator/kube/resource_type.h"
#include "operator/reconcile/sidecar_container.h"

namespace penstock::controllers {
namespace {

using json::Value;
using kube::member;

constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
constexpr const char* kOperator = "penstock-operator";
constexpr const char* kHash = "penstock.dev/hash";
constexpr const char* kContent = "penstock.dev/content";
constexpr const char* kListener = "penstock.dev/listener";

using reconcile::ListenerKind;

constexpr std::array kListenerKinds = {std::pair(ListenerKind::kPlain, "plain"),
                                       std::pair(ListenerKind::kTls, "tls"),
                                       std::pair(ListenerKind::kCertificate, "certificate")};

const char* name_of(ListenerKind kind) {
  return std::ranges::find(kListenerKinds, kind, &decltype(kListenerKinds)::value_type::first)
      ->second;
}

std::optional<ListenerKind> kind_of(std::string_view name) {
  const auto found =
      std::ranges::find_if(kListenerKinds, [name](const auto& one) { return name == one.second; });
  return found == kListenerKinds.end() ? std::nullopt : std::optional(found->first);
}

// Tells contents apart; an object without a part has an empty one.
std::string fingerprint(const Value& object) {
  Value parts = Value::array();
  for (const char* name : {"data", "binaryData"}) {
    const Value& part = member(object, name);
    parts.push_back(part.is_object() ? part : Value::object());
  }
  return reconcile::fingerprint(parts.dump(-1, ' ', false, Value::error_handler_t::replace));
}

std::vector<std::string> names_in(const Value& part) {
  std::vector<std::string> names;
  for (const auto& item : part.items()) {
    names.push_back(item.key());
  }
  return names;
}

}  // namespace

ConfigMap read_config_map(const Value& object) {
  const Value& metadata = member(object, "metadata");
  const auto annotations = kube::texts_of(metadata, "annotations");
  ConfigMap result{.meta = kube::read_meta(object)};
  if (const auto hash = annotations.find(kHash); hash != annotations.end()) {
    result.hash = hash->second;
  }
  if (const auto content = annotations.find(kContent); content != annotations.end()) {
    result.intact = content->second == fingerprint(object);
  }
  if (const auto listener = annotations.find(kListener); listener != annotations.end()) {
    result.listener = kind_of(listener->second);
  }
  result.text_files = names_in(member(object, "data"));
  result.byte_files = names_in(member(object, "binaryData"));
  const auto labels = kube::texts_of(metadata, "labels");
  const auto manager = labels.find(kManagedBy);
  const Value& owners = kube::list_of(metadata, "ownerReferences");
  result.is_orphan = owners.empty() && !result.hash.empty() && manager != labels.end() &&
                     manager->second == kOperator;
  for (const Value& owner : owners) {
    if (kube::text_of(owner, "kind") == kube::kPolicies.kind) {
      result.owner_uid = kube::text_of(owner, "uid");
    }
  }
  return result;
}

Value config_map_of(const reconcile::Policy& policy, const std::string& hash,
                    const reconcile::ConfigContent& content) {
  const Value owner = {{"apiVersion", kube::kPolicies.api_version()},
                       {"kind", kube::kPolicies.kind},
                       {"name", policy.meta.name},
                       {"uid", policy.meta.uid}};
  Value object = {{"apiVersion", "v1"},
                  {"kind", "ConfigMap"},
                  {"data", content.text},
                  {"binaryData", kube::encode_base64(content.bytes)}};
  object["metadata"] = {
      {"name", reconcile::config_map_name(policy.meta.name)},
      {"namespace", policy.meta.ns},
      {"labels", {{kManagedBy, kOperator}}},
      {"annotations",
       {{kHash, hash}, {kContent, fingerprint(object)}, {kListener, name_of(content.listener)}}},
      {"ownerReferences", Value::array({owner})}};
  return object;
}

Value without_others(const ConfigMap& before, const reconcile::ConfigContent& content) {
  Value patch;
  for (const std::string& file : before.text_files) {
    if (!content.text.contains(file)) {
      patch["data"][file] = nullptr;
    }
  }
  for (const std::string& file : before.byte_files) {
    if (!content.bytes.contains(file)) {
      patch["binaryData"][file] = nullptr;
    }
  }
  return patch;
}

}  // namespace penstock::controllers

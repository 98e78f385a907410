#include "operator/capacity/pod_shape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::capacity {
namespace {

using json::Value;
using kube::list_of;
using kube::member;
using kube::text_of;

// What GPUs and the like are called, the usual ones first: a pod may ask for a network device, too.
constexpr std::array<std::string_view, 8> kKnown = {
    "nvidia.com/gpu",     "amd.com/gpu",           "google.com/tpu",
    "habana.ai/gaudi",    "aws.amazon.com/neuron", "aws.amazon.com/neuroncore",
    "gpu.intel.com/i915", "gpu.intel.com/xe",
};

// A whole number, as text or as a number: devices have no fractions.
std::int64_t count_of(const Value& quantity) {
  if (quantity.is_number_integer()) {
    return std::max<std::int64_t>(0, quantity.get<std::int64_t>());
  }
  std::int64_t count = 0;
  if (quantity.is_string()) {
    const auto& text = quantity.get_ref<const std::string&>();
    const char* const end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || read_to != end) {
      return 0;
    }
  }
  return std::max<std::int64_t>(0, count);
}

std::map<std::string, std::int64_t> container_devices(const Value& container) {
  std::map<std::string, std::int64_t> devices;
  const Value& resources = member(container, "resources");
  for (const char* part : {"limits", "requests"}) {  // requests come last and count
    for (const auto& [resource, count] : devices_in(member(resources, part))) {
      devices[resource] = count;
    }
  }
  return devices;
}

bool holds_for(const Value& expression, const std::map<std::string, std::string>& labels) {
  const auto found = labels.find(text_of(expression, "key"));
  const bool there = found != labels.end();
  const std::string op = text_of(expression, "operator");
  const bool listed =
      there && std::ranges::any_of(list_of(expression, "values"),
                                   [&](const Value& value) { return value == found->second; });
  if (op == "In") {
    return listed;
  }
  if (op == "NotIn") {
    return !listed;
  }
  if (op == "DoesNotExist") {
    return !there;
  }
  return there;  // Exists; Gt and Lt need a value to compare
}

// Terms are alternatives; what is in one holds together.
bool affinity_holds(const Value& pod_spec, const std::map<std::string, std::string>& labels) {
  const Value& required = member(member(member(pod_spec, "affinity"), "nodeAffinity"),
                                 "requiredDuringSchedulingIgnoredDuringExecution");
  const Value& terms = list_of(required, "nodeSelectorTerms");
  return terms.empty() || std::ranges::any_of(terms, [&](const Value& term) {
           return std::ranges::all_of(
               list_of(term, "matchExpressions"),
               [&](const Value& expression) { return holds_for(expression, labels); });
         });
}

bool tolerates(const Value& pod_spec, const Taint& taint) {
  return std::ranges::any_of(list_of(pod_spec, "tolerations"), [&](const Value& toleration) {
    const std::string key = text_of(toleration, "key");
    const std::string effect = text_of(toleration, "effect");
    const bool same = key.empty() || key == taint.key;
    const bool any_value = text_of(toleration, "operator") == "Exists";
    return same && (effect.empty() || effect == taint.effect) &&
           (any_value || (!key.empty() && text_of(toleration, "value") == taint.value));
  });
}

bool is_of_state(const Taint& taint) {
  return is_interruption(taint.key) || taint.key.starts_with("node.kubernetes.io/") ||
         taint.key.starts_with("node.cloudprovider.kubernetes.io/") ||
         taint.key == "karpenter.sh/unregistered";
}

}  // namespace

bool is_device(std::string_view resource) {
  const std::size_t slash = resource.find('/');
  if (slash == std::string_view::npos) {
    return false;  // cpu, memory, hugepages-2Mi
  }
  const std::string_view domain = resource.substr(0, slash);
  return domain != "kubernetes.io" && !domain.ends_with(".kubernetes.io");
}

std::map<std::string, std::int64_t> devices_in(const Value& quantities) {
  std::map<std::string, std::int64_t> devices;
  if (quantities.is_object()) {
    for (const auto& entry : quantities.items()) {
      if (is_device(entry.key())) {
        devices[entry.key()] = count_of(entry.value());
      }
    }
  }
  return devices;
}

std::map<std::string, std::int64_t> devices_of(const Value& pod_spec) {
  std::map<std::string, std::int64_t> total;
  for (const Value& container : list_of(pod_spec, "containers")) {
    for (const auto& [resource, count] : container_devices(container)) {
      total[resource] += count;
    }
  }
  // One that runs before the others needs no more than itself.
  for (const Value& container : list_of(pod_spec, "initContainers")) {
    for (const auto& [resource, count] : container_devices(container)) {
      total[resource] = std::max(total[resource], count);
    }
  }
  std::erase_if(total, [](const auto& entry) { return entry.second == 0; });
  return total;
}

PodShape shape_of(const Value& pod_template) {
  PodShape shape{.pod_spec = member(pod_template, "spec")};
  const auto devices = devices_of(shape.pod_spec);
  auto chosen = devices.begin();
  for (const std::string_view known : kKnown) {
    if (const auto found = devices.find(std::string(known)); found != devices.end()) {
      chosen = found;
      break;
    }
  }
  if (chosen != devices.end()) {
    shape.resource = chosen->first;
    shape.gpus = chosen->second;
  }
  return shape;
}

void take_claims(const std::map<std::string, std::int64_t>& devices, PodShape& shape) {
  // Of several kinds of devices the GPU: its class has it in its name ("gpu.nvidia.com").
  auto chosen =
      std::ranges::find_if(devices, [](const auto& entry) { return entry.first.contains("gpu"); });
  if (chosen == devices.end()) {
    chosen = devices.begin();
  }
  if (shape.gpus == 0 && chosen != devices.end()) {
    shape.resource = chosen->first;
    shape.gpus = chosen->second;
    shape.by_claims = true;
  }
}

bool fits(const Value& pod_spec, const NodeTraits& node) {
  const bool selected =
      std::ranges::all_of(kube::texts_of(pod_spec, "nodeSelector"), [&](const auto& wanted) {
        const auto found = node.labels.find(wanted.first);
        return found != node.labels.end() && found->second == wanted.second;
      });
  return selected && affinity_holds(pod_spec, node.labels) &&
         std::ranges::all_of(node.taints, [&](const Taint& taint) {
           return taint.effect == "PreferNoSchedule" || is_of_state(taint) ||
                  tolerates(pod_spec, taint);
         });
}

}  // namespace penstock::capacity

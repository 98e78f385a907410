#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <system_error>

#include "operator/controllers/readers.h"

namespace penstock::controllers {
namespace {

using json::Value;
using kube::flag_of;
using kube::member;
using kube::text_of;

// Extended resources have a domain ("nvidia.com/gpu") and come in whole numbers; those of the
// kubelet ("cpu", "memory", "pods") have none.
std::map<std::string, std::int64_t> devices_in(const Value& amounts) {
  std::map<std::string, std::int64_t> devices;
  if (!amounts.is_object()) {
    return devices;
  }
  for (const auto& [name, amount] : amounts.items()) {
    const std::string text = amount.is_string() ? amount.get<std::string>() : std::string();
    std::int64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    const bool is_whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (is_whole && name.contains('/') && !name.starts_with("kubernetes.io/")) {
      devices.emplace(name, count);
    }
  }
  return devices;
}

}  // namespace

reconcile::Node read_node(const Value& object) {
  const Value& spec = member(object, "spec");
  const Value& status = member(object, "status");
  reconcile::Node node{.meta = kube::read_meta(object),
                       .schedulable = !flag_of(spec, "unschedulable"),
                       .allocatable = devices_in(member(status, "allocatable")),
                       .capacity = devices_in(member(status, "capacity"))};
  for (const Value& taint : kube::list_of(spec, "taints")) {
    node.taints.push_back(
        {text_of(taint, "key"), text_of(taint, "value"), text_of(taint, "effect")});
  }
  for (const Value& condition : kube::list_of(status, "conditions")) {
    if (text_of(condition, "type") == "Ready") {
      node.ready = text_of(condition, "status") == "True";
    }
  }
  return node;
}

}  // namespace penstock::controllers

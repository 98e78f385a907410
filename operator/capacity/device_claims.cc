#include "operator/capacity/device_claims.h"

#include <algorithm>
#include <string_view>

#include "operator/kube/object_meta.h"

namespace penstock::capacity {
namespace {

using json::Value;
using kube::list_of;
using kube::member;
using kube::number_of;
using kube::text_of;

// A request as its version has it: by itself, under `exactly`, or the first of `firstAvailable`.
const Value& wanted_in(const Value& request) {
  if (const Value& exactly = member(request, "exactly"); exactly.is_object()) {
    return exactly;
  }
  const Value& alternatives = list_of(request, "firstAvailable");
  return alternatives.empty() ? request : alternatives.front();
}

struct Pool {
  std::int64_t generation = 0;
  std::string node;
  std::int64_t devices = 0;
};

std::map<std::string, Pool> pools_of(const Value& slices, const std::string& driver) {
  std::map<std::string, Pool> pools;
  for (const Value& slice : list_of(slices, "items")) {
    const Value& spec = member(slice, "spec");
    const Value& of = member(spec, "pool");
    if (text_of(spec, "driver") != driver || text_of(spec, "nodeName").empty()) {
      continue;
    }
    Pool& pool = pools[text_of(of, "name")];
    const std::int64_t generation = number_of(of, "generation");
    if (generation < pool.generation) {
      continue;
    }
    if (generation > pool.generation) {
      pool = {.generation = generation};
    }
    pool.node = text_of(spec, "nodeName");
    pool.devices += static_cast<std::int64_t>(list_of(spec, "devices").size());
  }
  return pools;
}

}  // namespace

std::map<std::string, std::int64_t> devices_claimed(const Value& claim_spec) {
  std::map<std::string, std::int64_t> devices;
  for (const Value& request : list_of(member(claim_spec, "devices"), "requests")) {
    const Value& wanted = wanted_in(request);
    if (const std::string name = text_of(wanted, "deviceClassName"); !name.empty()) {
      devices[name] += std::max<std::int64_t>(1, number_of(wanted, "count"));
    }
  }
  return devices;
}

std::vector<std::string> claim_templates(const Value& pod_spec) {
  std::vector<std::string> names;
  for (const Value& claim : list_of(pod_spec, "resourceClaims")) {
    if (std::string name = text_of(claim, "resourceClaimTemplateName"); !name.empty()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

DeviceView device_view(const Value& slices, const Value& claims, const std::string& driver) {
  DeviceView view;
  const std::map<std::string, Pool> pools = pools_of(slices, driver);
  for (const auto& [name, pool] : pools) {
    view.on_node[pool.node] += pool.devices;
  }
  for (const Value& claim : list_of(claims, "items")) {
    const Value& status = member(claim, "status");
    const Value& pods = list_of(status, "reservedFor");
    std::map<std::string, std::int64_t> held;  // by node
    for (const Value& result :
         list_of(member(member(status, "allocation"), "devices"), "results")) {
      const auto pool = pools.find(text_of(result, "pool"));
      if (text_of(result, "driver") == driver && pool != pools.end()) {
        ++held[pool->second.node];
      }
    }
    for (const auto& [node, devices] : held) {
      view.holds.push_back({.node = node,
                            .ns = kube::read_meta(claim).ns,
                            .pod = pods.empty() ? std::string() : text_of(pods.front(), "name"),
                            .devices = devices});
    }
  }
  return view;
}

}  // namespace penstock::capacity

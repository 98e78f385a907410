#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/json/text.h"
#include "operator/capacity/interruption.h"

// What a pod asks of a node: of the GPUs, and of where it may run.
namespace penstock::capacity {

// Whether a resource is a device that a plugin counts: "nvidia.com/gpu", but not "cpu".
bool is_device(std::string_view resource);

// The devices among `quantities`, each with its count.
std::map<std::string, std::int64_t> devices_in(const json::Value& quantities);

// The devices that a pod of this `spec` asks for, by resource. A request that is absent is its
// limit, as the API server has it for pods.
std::map<std::string, std::int64_t> devices_of(const json::Value& pod_spec);

// The target's pods, as far as nodes care.
struct PodShape {
  std::string resource;    // of its GPUs: "nvidia.com/gpu"; empty: it asks for none
  std::int64_t gpus = 0;   // of one replica
  bool by_claims = false;  // it gets them by ResourceClaims, and `resource` is their device class
  json::Value pod_spec;    // of its template
};
PodShape shape_of(const json::Value& pod_template);

// The same for one that asks for no GPU so, with the devices that its claims are for, by class.
void take_claims(const std::map<std::string, std::int64_t>& devices, PodShape& shape);

// Labels and taints of a node.
struct NodeTraits {
  const std::map<std::string, std::string>& labels;
  const std::vector<Taint>& taints;
};

// Whether its nodeSelector, required node affinity and tolerations let the pod run there. Taints
// that say that a node is about to go, or not there yet, are left aside: those are told apart
// elsewhere.
bool fits(const json::Value& pod_spec, const NodeTraits& node);

}  // namespace penstock::capacity

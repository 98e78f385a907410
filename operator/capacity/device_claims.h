#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/json/text.h"

// GPUs that pods get by ResourceClaims (dynamic resource allocation, resource.k8s.io): its objects
// read without trust. A device class is taken to be called as its driver, as GPU drivers have it
// ("gpu.nvidia.com").
namespace penstock::capacity {

// What one claim with this `spec` asks for: devices by class. Of alternatives the first counts.
std::map<std::string, std::int64_t> devices_claimed(const json::Value& claim_spec);

// The names of the ResourceClaimTemplates that each pod of this `spec` gets a claim from.
std::vector<std::string> claim_templates(const json::Value& pod_spec);

// Devices that pods hold on one node.
struct DeviceHold {
  std::string node;
  std::string ns;
  std::string pod;
  std::int64_t devices = 0;

  bool operator==(const DeviceHold&) const = default;
};

// What there is of one driver, and who holds it.
struct DeviceView {
  std::map<std::string, std::int64_t> on_node;
  std::vector<DeviceHold> holds;
};

// From lists of ResourceSlices and ResourceClaims. Of a pool only the slices of its newest
// generation count. A claim of several pods is held by the first.
DeviceView device_view(const json::Value& slices, const json::Value& claims,
                       const std::string& driver);

}  // namespace penstock::capacity

#include "operator/capacity/device_claims.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::capacity {
namespace {

constexpr const char* kDriver = "gpu.nvidia.com";

json::Value yaml(const std::string& text) {
  return json::parse_yaml(text).documents.at(0).value;
}

TEST(DeviceClaimsTest, WhatAClaimAsksForInEachVersionsForm) {
  using Devices = std::map<std::string, std::int64_t>;
  const auto of = [](const std::string& requests) {
    return devices_claimed(yaml("{devices: {requests: [" + requests + "]}}"));
  };
  EXPECT_EQ(of("{name: a, deviceClassName: gpu.nvidia.com, count: 2}"), (Devices{{kDriver, 2}}));
  EXPECT_EQ(of("{name: a, exactly: {deviceClassName: gpu.nvidia.com}}"), (Devices{{kDriver, 1}}));
  EXPECT_EQ(of("{name: a, firstAvailable: [{deviceClassName: gpu.nvidia.com, count: 4}, "
               "{deviceClassName: gpu.nvidia.com, count: 8}]}"),
            (Devices{{kDriver, 4}}));
  EXPECT_EQ(of("1, {}"), Devices());
}

TEST(DeviceClaimsTest, OnlyClaimsOfItsOwnAreAPods) {
  EXPECT_EQ(
      claim_templates(yaml("{resourceClaims: [{name: a, resourceClaimTemplateName: t}, {name: "
                           "b, resourceClaimName: shared}]}")),
      std::vector<std::string>{"t"});
}

TEST(DeviceClaimsTest, DevicesOfTheNewestGenerationAndWhoHoldsThem) {
  const json::Value slices = yaml(
      "{items: ["
      "{spec: {driver: gpu.nvidia.com, nodeName: a, pool: {name: p, generation: 2}, devices: [{}, "
      "{}]}},"
      "{spec: {driver: gpu.nvidia.com, nodeName: a, pool: {name: p, generation: 2}, devices: "
      "[{}]}},"
      "{spec: {driver: gpu.nvidia.com, nodeName: a, pool: {name: p, generation: 1}, devices: "
      "[{}]}},"
      "{spec: {driver: gpu.nvidia.com, nodeName: b, pool: {name: q, generation: 1}, devices: "
      "[{}]}},"
      "{spec: {driver: other.com, nodeName: a, pool: {name: p, generation: 1}, devices: [{}]}},"
      "{spec: {driver: gpu.nvidia.com, allNodes: true, pool: {name: r}, devices: [{}]}}]}");
  const json::Value claims = yaml(
      "{items: ["
      "{metadata: {name: c, namespace: ns}, status: {reservedFor: [{resource: pods, name: one}], "
      "allocation: {devices: {results: [{driver: gpu.nvidia.com, pool: p}, {driver: "
      "gpu.nvidia.com, "
      "pool: p}]}}}},"
      "{metadata: {name: d, namespace: ns}, status: {allocation: {devices: {results: [{driver: "
      "other.com, pool: p}]}}}},"
      "{metadata: {name: e, namespace: ns}}]}");
  const DeviceView view = device_view(slices, claims, kDriver);
  EXPECT_EQ(view.on_node, (std::map<std::string, std::int64_t>{{"a", 3}, {"b", 1}}));
  EXPECT_EQ(view.holds, (std::vector<DeviceHold>{{"a", "ns", "one", 2}}));
}

}  // namespace
}  // namespace penstock::capacity

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "lib/api/formats.h"
#include "lib/api/usd.h"
#include "lib/json/field.h"

// spec.autoscaling.nodes of an OptimizationPolicy: GPU nodes ahead of the load. How it works stands
// in docs/design/capacity.md.
namespace penstock::api {

inline constexpr std::int64_t kHeadroomMax = 10'000;  // replicas

enum class NodeProvider : std::uint8_t { kAuto, kCapacityBuffer, kPlaceholder, kScale, kOff };
constexpr auto enum_names(NodeProvider) {
  return std::array{json::EnumName{NodeProvider::kAuto, "Auto"},
                    json::EnumName{NodeProvider::kCapacityBuffer, "CapacityBuffer"},
                    json::EnumName{NodeProvider::kPlaceholder, "Placeholder"},
                    json::EnumName{NodeProvider::kScale, "Scale"},
                    json::EnumName{NodeProvider::kOff, "Off"}};
}

// Whose nodes: a MachineDeployment or MachinePool of Cluster API, or a static NodePool of
// Karpenter.
struct NodePoolSpec {
  std::string api_version;
  std::string kind;
  std::string name;
  std::uint32_t gpus_per_node = 1;

  static constexpr auto fields() {
    using T = NodePoolSpec;
    return std::tuple{
        json::Field{"apiVersion",
                    &T::api_version,
                    {.about = "The group and version that serve it.",
                     .required = true,
                     .format = &kGroupVersion}},
        json::Field{"kind",
                    &T::kind,
                    {.about = "NodePool, MachineDeployment, MachinePool: anything that has /scale.",
                     .required = true,
                     .format = &kCamelCase}},
        json::Field{"name",
                    &T::name,
                    {.about = "Its name; in the policy's namespace, where it has one.",
                     .required = true,
                     .format = &kDnsSubdomain}},
        json::Field{"gpusPerNode",
                    &T::gpus_per_node,
                    {.about = "GPUs that one of its nodes has.",
                     .required = true,
                     .min = 1,
                     .max = 1'024}}};
  }
};

struct NodeLimitsSpec {
  std::optional<std::uint32_t> gpus;
  std::optional<std::string> usd_per_hour;

  static constexpr auto fields() {
    using T = NodeLimitsSpec;
    return std::tuple{
        json::Field{"gpus",
                    &T::gpus,
                    {.about = "GPUs that are kept ahead of the load, at most.", .max = 1'000'000}},
        json::Field{"usdPerHour",
                    &T::usd_per_hour,
                    {.about = "What those GPUs cost in an hour, at most; needs gpuUsdPerHour.",
                     .format = &kUsd}}};
  }
};

struct SpotSpec {
  std::uint32_t share_percent = 0;
  std::map<std::string, std::string> node_selector{{"karpenter.sh/capacity-type", "spot"}};

  static constexpr auto fields() {
    using T = SpotSpec;
    return std::tuple{
        json::Field{"sharePercent",
                    &T::share_percent,
                    {.about = "Of the replicas that room is kept for: so many on spot nodes, "
                              "rounded down; the others on nodes that are none.",
                     .required = true,
                     .max = 100}},
        json::Field{"nodeSelector",
                    &T::node_selector,
                    {.about = "The labels of spot nodes.",
                     .length_min = 0,
                     .length_max = 63,
                     .format = &kLabelValue,
                     .items_min = 1,
                     .items_max = 8,
                     .key_format = &kLabelKey}}};
  }
};

struct NodeCapacitySpec {
  NodeProvider provider = NodeProvider::kAuto;
  std::optional<NodePoolSpec> scale;
  std::uint32_t quantile_percent = 90;
  std::uint32_t min_headroom = 0;
  NodeLimitsSpec limits;
  std::optional<std::string> gpu_usd_per_hour;
  std::optional<SpotSpec> spot;

  static constexpr auto fields() {
    using T = NodeCapacitySpec;
    return std::tuple{
        json::Field{"provider",
                    &T::provider,
                    {.about = "Who makes nodes. CapacityBuffer: an object that node autoscalers "
                              "act on. Placeholder: pods of negative priority. Scale: the replicas "
                              "of a node pool. Auto: the first, where it is served, else the "
                              "second. Off: nobody."}},
        json::Field{"scale", &T::scale, {.about = "The node pool; for Scale, and only for it."}},
        json::Field{"quantilePercent",
                    &T::quantile_percent,
                    {.about = "Nodes for the load that is not exceeded with this probability, as "
                              "far ahead as a node takes to serve.",
                     .min = 50,
                     .max = 99}},
        json::Field{"minHeadroom",
                    &T::min_headroom,
                    {.about = "Room for so many replicas beyond those that there are, whatever the "
                              "forecast says; never beyond maxReplicas.",
                     .max = kHeadroomMax}},
        json::Field{"limits", &T::limits, {.about = "How much may be kept ahead of the load."}},
        json::Field{"gpuUsdPerHour",
                    &T::gpu_usd_per_hour,
                    {.about = "What one GPU costs in an hour.", .format = &kUsd}},
        json::Field{"spot",
                    &T::spot,
                    {.about = "Keeps a share of the room on spot nodes; not with Scale."}}};
  }

  static constexpr auto constraints() {
    return std::array{
        json::Constraint{"has(self.scale) == (self.provider == 'Scale')",
                         "scale belongs to provider Scale, which needs it"},
        json::Constraint{"!has(self.limits) || !has(self.limits.usdPerHour) || "
                         "has(self.gpuUsdPerHour)",
                         "limits.usdPerHour needs gpuUsdPerHour"},
        json::Constraint{"!has(self.spot) || self.provider != 'Scale'",
                         "spot has no meaning for provider Scale: a pool's nodes are of one kind"}};
  }
};

}  // namespace penstock::api

#include "operator/controllers/node_wishes.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace penstock::controllers {

using api::NodeCapacitySpec;
using api::NodeCapacityStatus;

namespace {

std::uint32_t count(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, capacity::kCountMax));
}

std::vector<capacity::HeadroomPart> parts_of(const NodeCapacitySpec& spec, int headroom) {
  if (!spec.spot) {
    return {{.suffix = capacity::kHeadroom, .replicas = headroom}};
  }
  const auto on_spot = static_cast<int>(std::int64_t{headroom} * spec.spot->share_percent / 100);
  return {{.suffix = capacity::kHeadroom,
           .nodes = {.avoided = spec.spot->node_selector},
           .replicas = headroom - on_spot},
          {.suffix = capacity::kSpotHeadroom,
           .nodes = {.wanted = spec.spot->node_selector},
           .replicas = on_spot}};
}

}  // namespace

capacity::HeadroomLimits headroom_limits(const NodeCapacitySpec& spec) {
  capacity::HeadroomLimits limits;
  if (spec.limits.gpus) {
    limits.gpus = static_cast<int>(*spec.limits.gpus);
  }
  if (spec.limits.usd_per_hour) {
    limits.picodollars_per_hour = api::picodollars_of(*spec.limits.usd_per_hour);
  }
  if (spec.gpu_usd_per_hour) {
    limits.gpu_picodollars_per_hour = api::picodollars_of(*spec.gpu_usd_per_hour);
  }
  return limits;
}

capacity::Wish wish_of(const reconcile::Policy& policy, const capacity::PodShape& shape,
                       const capacity::HeadroomPlan& plan, const capacity::Room& room) {
  return {.policy = policy.meta,
          .pod_spec = shape.pod_spec,
          .sidecar = kube::member(kube::member(policy.status, "injection"), "container"),
          .parts = parts_of(*policy.parsed.autoscaling->nodes, plan.headroom),
          .expected = plan.expected,
          .headroom = plan.headroom,
          .headroom_max = capacity::headroom_allowed(
              headroom_limits(*policy.parsed.autoscaling->nodes), static_cast<int>(shape.gpus)),
          .gpus_per_replica = static_cast<int>(shape.gpus),
          .room = room};
}

std::string written_out(const capacity::Wish& wish, std::string_view provider) {
  json::Value parts = json::Value::array();
  for (const capacity::HeadroomPart& part : wish.parts) {
    parts.push_back({part.suffix, part.nodes.wanted, part.nodes.avoided, part.replicas});
  }
  const json::Value all = {std::string(provider), wish.pod_spec,         wish.sidecar,
                           std::move(parts),      wish.expected,         wish.headroom,
                           wish.headroom_max,     wish.gpus_per_replica, wish.room.allocatable,
                           wish.room.pool_nodes,  wish.room.pool_coming, wish.room.pool_empty,
                           wish.room.pool_going};
  return all.dump(-1, ' ', false, json::Value::error_handler_t::replace);
}

NodeCapacityStatus node_status(const capacity::HeadroomPlan& plan, const capacity::Room& room,
                               std::chrono::milliseconds lead) {
  return {.reason = std::string(capacity::name_of(plan.reason)),
          .expected = count(plan.expected),
          .allocatable = count(room.allocatable),
          .headroom = count(plan.headroom),
          .missing = count(plan.missing),
          .gpus = count(plan.gpus),
          .interrupted = count(room.interrupted),
          .lead_time = std::chrono::floor<std::chrono::seconds>(lead)};
}

std::string gpus_text(const NodeCapacityStatus& status, const capacity::PodShape& shape) {
  return std::to_string(status.gpus) + " " + shape.resource;
}

std::string summary(const NodeCapacityStatus& status, const capacity::PodShape& shape,
                    const capacity::Room& room) {
  std::string text = "room for " + std::to_string(status.headroom) + " more replicas (" +
                     gpus_text(status, shape) + ") is kept; " + std::to_string(status.missing) +
                     " of " + std::to_string(status.expected) + " expected have no GPUs yet";
  if (room.awaiting_plugin > 0) {
    text += "; nodes that are Ready before their device plugin has registered " + shape.resource +
            ": " + std::to_string(room.awaiting_plugin);
  }
  return text;
}

}  // namespace penstock::controllers

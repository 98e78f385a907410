#include "operator/capacity/room.h"

#include <algorithm>

namespace penstock::capacity {

bool serves(const NodeSight& node) {
  return node.ready && node.schedulable && !node.interrupted && node.allocatable > 0;
}

Room room_in(const std::vector<NodeSight>& nodes, std::int64_t gpus_per_replica) {
  Room room;
  for (const NodeSight& node : nodes) {
    if (node.interrupted) {
      room.interrupted += node.pods;
      room.pool_going += node.in_pool ? 1 : 0;
    } else if (node.ready && node.allocatable == 0) {
      ++room.awaiting_plugin;
    }
    if (!serves(node)) {
      continue;
    }
    const std::int64_t free = std::max<std::int64_t>(0, node.allocatable - node.taken);
    room.allocatable += static_cast<int>(free / gpus_per_replica);
    if (node.in_pool) {
      ++room.pool_nodes;
      room.pool_empty += node.empty ? 1 : 0;
    }
  }
  return room;
}

std::int64_t pool_size(const PoolInputs& inputs) {
  const std::int64_t coming =
      std::max<std::int64_t>(0, inputs.wanted - inputs.nodes - inputs.going);
  const std::int64_t room = inputs.allocatable + coming * inputs.replicas_per_node;
  if (room < inputs.expected) {
    const std::int64_t lacking = inputs.expected - room;
    return inputs.wanted + (lacking + inputs.replicas_per_node - 1) / inputs.replicas_per_node;
  }
  if (!inputs.may_shrink) {
    return inputs.wanted;
  }
  const std::int64_t spare = (room - inputs.expected) / inputs.replicas_per_node;
  return inputs.wanted - std::min<std::int64_t>(spare, coming + inputs.empty);
}

}  // namespace penstock::capacity

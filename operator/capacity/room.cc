#include "operator/capacity/room.h"

#include <algorithm>

namespace penstock::capacity {

namespace {

// A node that is NotReady for a minute has its pods back then, and buying another takes longer. One
// that is cordoned is meant to be emptied.
bool is_coming(const NodeSight& node) {
  return node.schedulable && !serves(node);
}

}  // namespace

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
    if (node.in_pool && !node.interrupted) {
      ++room.pool_nodes;
      room.pool_coming += is_coming(node) ? 1 : 0;
    }
    if (!serves(node)) {
      continue;
    }
    const std::int64_t free = std::max<std::int64_t>(0, node.allocatable - node.taken);
    room.allocatable += static_cast<int>(free / gpus_per_replica);
    room.pool_empty += node.in_pool && node.empty ? 1 : 0;
  }
  return room;
}

std::int64_t pool_size(const PoolInputs& inputs) {
  const std::int64_t unseen =
      std::max<std::int64_t>(0, inputs.wanted - inputs.nodes - inputs.going);
  const std::int64_t room =
      inputs.allocatable + (unseen + inputs.coming) * inputs.replicas_per_node;
  const auto nodes_for = [&inputs](std::int64_t replicas) {
    return (std::max<std::int64_t>(0, replicas) + inputs.replicas_per_node - 1) /
           inputs.replicas_per_node;
  };
  // Those on nodes that go are replaced, not kept ahead.
  const std::int64_t present =
      inputs.expected - inputs.headroom + std::min(inputs.headroom, inputs.interrupted);
  const std::int64_t most = present + inputs.headroom_max;  // replicas that there may be room for
  if (room < inputs.expected) {
    // Nodes come whole: one more may be more ahead of the load than is allowed.
    const std::int64_t allowed = std::max<std::int64_t>(0, most - room) / inputs.replicas_per_node;
    return inputs.wanted + std::min(nodes_for(inputs.expected - room),
                                    std::max(nodes_for(present - room), allowed));
  }
  if (!inputs.may_shrink) {
    return inputs.wanted;
  }
  const std::int64_t unasked = (room - inputs.expected) / inputs.replicas_per_node;
  const std::int64_t unneeded =
      std::max<std::int64_t>(0, room - present) / inputs.replicas_per_node;
  const std::int64_t spare = std::max(unasked, std::min(unneeded, nodes_for(room - most)));
  return inputs.wanted - std::min<std::int64_t>(spare, unseen + inputs.empty);
}

}  // namespace penstock::capacity

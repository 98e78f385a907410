#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "operator/capacity/headroom.h"

// What nodes have room for.
namespace penstock::capacity {

// One node on which the target's pods may run, with what is known of one GPU resource.
struct NodeSight {
  std::string name;
  bool ready = false;
  bool schedulable = true;
  bool interrupted = false;      // a taint says that it is about to go
  std::int64_t allocatable = 0;  // 0 until the device plugin has registered them
  std::int64_t taken = 0;        // by pods that are not the target's, placeholders aside
  int pods = 0;                  // of the target
  bool in_pool = false;          // of the pool that is scaled
  bool empty = true;             // nobody's pod holds a GPU of it, placeholders aside
};

struct Room {
  int allocatable = 0;      // replicas that fit on nodes that serve, those that run included
  int interrupted = 0;      // the target's pods on nodes that are about to go
  int awaiting_plugin = 0;  // nodes that are Ready and whose device plugin has said nothing
  int pool_nodes = 0;       // of the pool, that are there and not about to go
  int pool_coming = 0;      // of these, that will serve, or will again
  int pool_empty = 0;       // of these, that serve, without a pod that holds a GPU
  int pool_going = 0;       // of the pool, about to go

  bool operator==(const Room&) const = default;
};

// A node counts once it is Ready, takes pods, is not about to go, and its device plugin has put
// GPUs into its allocatable: a node that is Ready before that is no capacity yet.
bool serves(const NodeSight& node);

// REQUIRES: gpus_per_replica > 0.
Room room_in(const std::vector<NodeSight>& nodes, std::int64_t gpus_per_replica);

// The replicas of a node pool, so that `expected` replicas of the target find room.
struct PoolInputs {
  std::int64_t wanted = 0;       // nodes that the pool asks for now
  int nodes = 0;                 // that are there, and not about to go
  int coming = 0;                // of these, that will have room
  int empty = 0;                 // of these, that serve and that nobody uses
  int going = 0;                 // that are about to go
  int expected = 0;              // replicas of the target
  int headroom = 0;              // of these, kept ahead of those that there are
  int headroom_max = kCountMax;  // how many may be
  int interrupted = 0;           // of the headroom: those that run on nodes that are about to go
  int allocatable = 0;           // that fit on nodes that serve, of this pool or another
  int replicas_per_node = 1;     // > 0
  bool may_shrink = false;       // the pool takes empty nodes first
};
std::int64_t pool_size(const PoolInputs& inputs);

}  // namespace penstock::capacity

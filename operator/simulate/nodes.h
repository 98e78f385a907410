#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "operator/autoscale/lead_time.h"
#include "operator/simulate/random.h"

namespace penstock::simulate {

struct NodeSettings {
  double start_s = 300;  // from the wish for a node to one that takes replicas
  int replicas = 1;      // that one has room for; >= 1
  double idle_s = 600;   // that an empty one stays: cluster-autoscaler's default
};

// A replica has room from then on.
struct Placed {
  std::int64_t replica = 0;
  double at_s = 0;
  autoscale::StartPath path = autoscale::StartPath::kPod;
};

// The nodes that the replicas of one target run on, with an autoscaler for them: where replicas
// have no room and none is on its way, nodes are ordered for them; one that was empty for a while
// goes. A replica goes to the fullest node that has room, the one that waits longest first. A node
// that was ordered comes, even if nobody waits for it any more.
//
// Times: seconds since second 0; they do not go back. Threads: not safe.
class Nodes {
 public:
  // Replicas 0 to `replicas` - 1 are on nodes that were there before. Each node that comes takes up
  // to the share `spread` more or less than the mean.
  Nodes(const NodeSettings& settings, double spread, std::uint64_t seed, int replicas);

  // It needs room.
  void add(double now_s, std::int64_t replica);
  // It is gone, or needs no room any more.
  void remove(double now_s, std::int64_t replica);
  // Who got room since the last call, in the order of time. kNode: on a node that came after the
  // replica was wished for, as the operator tells it in a cluster.
  std::vector<Placed> advance(double now_s);

  // With those on their way: they cost.
  [[nodiscard]] int count() const { return static_cast<int>(nodes_.size()); }

 private:
  struct Node {
    double ordered_s = 0;
    double ready_s = 0;
    bool is_ready = false;
    double empty_since_s = 0;
    std::vector<std::int64_t> replicas;
  };
  struct Waiting {
    std::int64_t replica = 0;
    double since_s = 0;
  };

  void come(double now_s, std::vector<Placed>& placed);
  void place(double now_s, std::vector<Placed>& placed);
  void order(double now_s);
  void drop_idle(double now_s);
  Node* fullest_with_room();

  NodeSettings settings_;
  double spread_;
  Random random_;
  std::vector<Node> nodes_;  // as they were ordered
  std::deque<Waiting> waiting_;
};

}  // namespace penstock::simulate

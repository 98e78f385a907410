#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "operator/autoscale/scaler.h"
#include "operator/simulate/arrival.h"
#include "operator/simulate/nodes.h"
#include "operator/simulate/random.h"
#include "operator/simulate/replica.h"

namespace penstock::simulate {

struct FleetSettings {
  EngineModel engine;
  double start_s = 90;                // from room for a replica to one that serves
  double start_spread = 0.1;          // each start takes up to this share more or less; 0 … 1
  std::optional<NodeSettings> nodes;  // nullopt: there is room for all, always
  std::uint64_t seed = 1;
  autoscale::Time begin;  // what second 0 is
};

// The replicas of one target: they start, serve, drain and go. A request goes to the replica with
// the fewest outstanding ones, and waits where none serves. Of replicas that are too many, those
// that do not serve yet go first, then the youngest, as a ReplicaSet has it; they finish what they
// hold, take nothing new, and cost until they are empty. Where there are nodes, a replica starts
// once one has room for it, and keeps that until it is gone.
//
// Times: seconds since second 0; they do not go back. Threads: not safe.
class Fleet {
 public:
  // `replicas` serve at once, and did for an hour.
  Fleet(const FleetSettings& settings, Ledger& ledger, int replicas);
  Fleet(const Fleet&) = delete;  // replicas point to the engine in it
  Fleet& operator=(const Fleet&) = delete;

  void scale(double now_s, int replicas);
  void take(double now_s, const Arrival& arrival);
  void advance(double now_s);

  // What was seen since the last call. REQUIRES: advance(now_s) was called.
  autoscale::Sight look(double now_s);

  [[nodiscard]] int replicas() const { return replicas_; }
  [[nodiscard]] int ready() const;
  [[nodiscard]] int pods() const { return static_cast<int>(pods_.size()); }  // with draining ones
  [[nodiscard]] int nodes() const { return nodes_ ? nodes_->count() : 0; }   // with coming ones
  [[nodiscard]] std::int64_t waiting() const;      // in queues, and for a first replica
  [[nodiscard]] std::int64_t outstanding() const;  // that did not end

 private:
  struct Pod {
    std::int64_t number = 0;
    double created_s = 0;
    double start_s = 0;  // from when it has room
    double ready_s = Replica::kNever;
    autoscale::StartPath path = autoscale::StartPath::kPod;
    bool serves = false;
    bool drains = false;
    Replica replica;
  };

  void remove(double now_s, int count);
  void find_room(double now_s);
  void route(double now_s, const Sequence& request);
  [[nodiscard]] autoscale::Time time_of(double second) const;

  FleetSettings settings_;
  Ledger* ledger_;
  Random random_;
  std::optional<Nodes> nodes_;
  std::vector<Pod> pods_;  // oldest first
  std::deque<Sequence> held_;
  int replicas_ = 0;
  std::int64_t numbers_ = 0;
  std::size_t turn_ = 0;  // among equals, the next one after whoever took the last request
  double looked_s_ = 0;
};

}  // namespace penstock::simulate

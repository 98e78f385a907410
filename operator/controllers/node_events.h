#pragma once

#include <cstdint>
#include <optional>

#include "operator/controllers/node_report.h"
#include "operator/controllers/node_sights.h"
#include "operator/controllers/target_template.h"
#include "operator/kube/events.h"

namespace penstock::controllers {

// Makes Events of what changes about one policy's nodes, each once. Threads: not safe.
class NodeEvents {
 public:
  explicit NodeEvents(kube::EventRecorder& events) : events_(events) {}

  // What an operator before this one said is no news.
  void adopt(const NodeReport& before);

  void tell(const reconcile::Policy& policy, const NodeSights& sights,
            const api::NodeCapacityStatus& status, const capacity::PodShape& shape);
  // What was asked for is taken back: asked for again, it is news.
  void forget_headroom() { headroom_ = 0; }

  // Whether a rolling update finds room on `free` replicas' worth of nodes. Nothing: the target has
  // no such updates.
  std::optional<reconcile::AutoscalingNote::Stated> judge_surge(const reconcile::Policy& policy,
                                                                const TargetTemplate& made,
                                                                int replicas, int free);

 private:
  kube::EventRecorder& events_;
  std::uint32_t headroom_ = 0;
  int interrupted_ = 0;
  bool surge_ = false;
};

}  // namespace penstock::controllers

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "operator/autoscale/decision.h"
#include "operator/collect/collector.h"
#include "operator/controllers/deletion_costs.h"
#include "operator/controllers/scale_target.h"
#include "operator/controllers/stores.h"
#include "operator/kube/client.h"

namespace penstock::controllers {

// One decision that is to be done, or not.
struct ReplicaOrder {
  const reconcile::Policy& policy;
  const LiveTarget& live;
  const std::vector<reconcile::Ptr<reconcile::Pod>>& pods;  // that the policy takes and that stay
  const autoscale::Decision& decision;
  bool allowed = false;  // false: somebody else has to be ready first
};

// Sets one target's replicas, and says before which pods should go. What the API server refuses is
// tried again, later each time: looking and deciding go on meanwhile. Threads: not safe.
class ReplicaWriter {
 public:
  static constexpr std::chrono::milliseconds kPauseMin{1'000};
  static constexpr std::chrono::milliseconds kPauseMax{16'000};

  struct Done {
    bool set = false;        // replicas were written at this call
    std::string problem;     // why they could not be written; empty: nothing is in the way
    std::string unmarkable;  // why pods could not be marked, which holds up nothing
  };

  Done write(kube::Client& client, const Stores& stores, const collect::Collector& collector,
             clock::Instant now, const ReplicaOrder& order);

  // Whether replicas could not be written last, and have not been since.
  [[nodiscard]] bool refused() const { return !unwritten_.problem.empty(); }

 private:
  // What was refused, and is not tried again before.
  struct Refusal {
    std::string problem;
    std::chrono::milliseconds pause{0};
    clock::Instant until{};

    [[nodiscard]] bool stands(clock::Instant now) const { return now < until; }
    void renew(const kube::ApiError& error, clock::Instant now);
  };

  bool mark(kube::Client& client, const Stores& stores, const collect::Collector& collector,
            clock::Instant now, const ReplicaOrder& order);

  VictimMarks marks_;
  Refusal unmarked_;
  Refusal unwritten_;
};

}  // namespace penstock::controllers

#pragma once

#include <utility>
#include <vector>

#include "operator/simulate/autoscaler.h"

namespace penstock::simulate {

// Always the same number.
class StaticReplicas final : public Autoscaler {
 public:
  explicit StaticReplicas(int replicas) : replicas_(replicas) {}
  int replicas(const autoscale::Sight& /*sight*/) override { return replicas_; }

 private:
  int replicas_;
};

// Knows the load: at each second the replicas that what comes within the next start time keeps
// busy, so that every replica is ready the moment it is needed and goes the moment it is not.
class Oracle final : public Autoscaler {
 public:
  // `needed`: of each second since `begin`.
  Oracle(std::vector<int> needed, autoscale::Time begin)
      : needed_(std::move(needed)), begin_(begin) {}
  int replicas(const autoscale::Sight& sight) override;

 private:
  std::vector<int> needed_;
  autoscale::Time begin_;
};

// What an oracle asks for: busy replicas, as a mean over `smooth_s` seconds around each second (a
// burst of a second is what queues are for), over the knob, the largest of the next `lead_s`
// seconds; at least 1.
std::vector<int> oracle_replicas(const std::vector<double>& busy, double utilization, int smooth_s,
                                 int lead_s);

}  // namespace penstock::simulate

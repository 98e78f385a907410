#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/service_tracker.h"
#include "operator/autoscale/sight.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// What one replica can serve, of each accelerator by itself: what one of them carries says nothing
// of another. All that have replicas learn, so that one that takes over is known by then.
//
// Memory: some 10 KB for each of kAcceleratorsMax at most; the one that was not seen for longest
// makes room, and where all of them have replicas a further one is not learned.
// Threads: not safe. Deterministic.
class ServiceTrackers {
 public:
  static constexpr std::size_t kAcceleratorsMax = 8;

  // `percentile` of the objectives, 50 … 99.
  explicit ServiceTrackers(int percentile);
  // Each as that of ServiceTracker, of all accelerators.
  void set_percentile(int percentile);
  void forget_proofs();
  void set_batch_max(const std::optional<double>& sequences);
  void renew();

  // About once a second. A pod's first minutes (CapacitySettings::warm_up) teach nothing. `all` is
  // the demand of all pods that serve. Returns the
  // accelerators whose engine is being learned anew.
  std::set<std::string> observe(const Sight& sight, const Demand& all, const RequestShape& shape,
                                const Objectives& objectives);

  // Of a replica with this one; as before anything was learned, where it was never seen.
  [[nodiscard]] ServiceView look(const std::string& accelerator, const RequestShape& shape,
                                 const Objectives& objectives, double utilization = 1) const;

 private:
  struct Known {
    ServiceTracker tracker;
    Time seen;  // last
  };

  void make_known(const std::string& accelerator, Time now);

  int percentile_;
  std::optional<double> batch_max_;
  std::map<std::string, Known> known_;  // by accelerator; empty: not known which
};

}  // namespace penstock::autoscale

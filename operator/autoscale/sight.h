#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/autoscale/capacity.h"
#include "operator/autoscale/demand.h"
#include "operator/autoscale/lead_time.h"
#include "operator/autoscale/time.h"
#include "operator/autoscale/trigger_votes.h"

namespace penstock::autoscale {

// What is seen of one pod of a target at one moment.
struct PodSight {
  std::string name;
  std::string accelerator;  // its type, where known
  Time created;
  std::optional<Time> ready_since;  // nullopt: it does not serve
  StartPath path = StartPath::kPod;
  std::string revision;  // of its template: with another one the engine may be another
  EngineLimits limits;
  std::optional<Signals> signals;  // nullopt: it said nothing, or has just begun to

  [[nodiscard]] bool serves() const { return ready_since.has_value(); }
};

// What is seen of a target at one moment. The live operator and the simulator make these; all that
// follows is the same for both.
struct Sight {
  Time now;
  int replicas = 0;                    // spec.replicas of the live object
  bool replicas_defaulted = false;     // nobody says how many; what is there is the default of 1
  std::string other_scaler;            // empty: nobody else scales it
  int held_requests = 0;               // that wait for a first replica
  bool hold_ready = true;              // somebody would hold them
  std::optional<milliseconds> unheld;  // that nobody would has been known for
  std::vector<PodSight> pods;          // without those that are finished or on their way out
  int present = 0;    // pods that there are, those included that nothing is seen of
  UsageSight cpu;     // only where a trigger asks for it
  UsageSight memory;  // the same
};

}  // namespace penstock::autoscale

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/autoscale/lead_time.h"
#include "operator/autoscale/sight.h"
#include "operator/autoscale/sliding_extreme.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// Which of a target's replicas start and since when, and how long a start took.
//
// Memory:  100 bytes a pod.
// Threads: not safe. Deterministic.
class Starts {
 public:
  // A pod that was there before anybody looked, and is older than this when it is first seen, may
  // have served before: how long it took to start nobody knows.
  static constexpr milliseconds kYoung{60'000};
  static constexpr std::size_t kAskedMax = 64;  // moments; what is asked for after joins the last

  // Once a tick. Of a pod that was seen young and before it ever served, the time from its creation
  // until it does goes into `lead_times`.
  void look(const Sight& sight, LeadTimes& lead_times);

  // Of the last look, oldest first, at most kStartingMax moments: pods that do not serve by when
  // they were created, or first seen where they may have served before, without those that were
  // seen to; and replicas that have no pod by when they were first missed.
  [[nodiscard]] const std::vector<TimedCount>& starting() const { return starting_; }

  // The clock was set back to `now`: nothing began later.
  void set_back(Time now);

 private:
  struct Pod {
    Time created;
    Time first_seen;
    bool young = false;   // when it was first seen
    bool served = false;  // at some look
  };

  void look_at_pods(const Sight& sight, LeadTimes& lead_times);
  void count_asked(const Sight& sight);
  void list_starting(const Sight& sight);

  std::optional<Time> began_;        // to look
  std::map<std::string, Pod> pods_;  // that are there, by name
  std::vector<TimedCount> asked_;    // replicas without a pod, oldest first
  std::vector<TimedCount> starting_;
};

}  // namespace penstock::autoscale

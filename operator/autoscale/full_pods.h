#pragma once

#include <map>
#include <optional>
#include <string>

#include "operator/autoscale/demand.h"
#include "operator/autoscale/load.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// Tells replicas that are full from those that a burst just hit: what a replica carries at most is
// its mean over a time in which it always had something waiting, and had had for long. A queue that
// is there for a second says nothing, and neither does what was counted in that second: what ends
// while a replica fills up began when it was not full.
//
// Memory: 100 bytes for each pod that is full. Threads: not safe.
class FullPods {
 public:
  static constexpr double kWaiting = 5;            // requests, at which a replica may be full
  static constexpr milliseconds kLasting{30'000};  // of that, until it is
  static constexpr milliseconds kMeasured{30'000};

  // What each pod says at `now`; between begin() and end(). Returns what it carried in the mean of
  // each kMeasured in which it was full.
  void begin() { still_.clear(); }
  std::optional<Load> see(Time now, const std::string& pod, const Signals& seen);
  void end() { pods_.swap(still_); }

 private:
  struct Pod {
    Time since;
    double requests = 0;  // sums of samples
    double prefill = 0;
    double decode = 0;
    double kv = 0;
    int with_kv = 0;
    int samples = 0;
  };

  std::map<std::string, Pod> pods_;
  std::map<std::string, Pod> still_;
};

}  // namespace penstock::autoscale

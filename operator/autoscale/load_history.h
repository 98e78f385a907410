#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "operator/autoscale/demand.h"
#include "operator/autoscale/inputs.h"
#include "operator/autoscale/time.h"
#include "operator/autoscale/windows.h"

namespace penstock::autoscale {

struct LoadHistorySettings {
  milliseconds stable{60'000};
  milliseconds panic{6'000};
  milliseconds tail{600'000};        // what consolidation looks back on
  milliseconds tail_bucket{60'000};  // a load that lasts for less is no tail: queues take it
  double tail_quantile = 0.99;
};

// Turns one target's demand, second by second, into what a decision looks at. The live operator and
// the simulator both feed it, so they decide on the same numbers.
//
// Memory:  about 13 KB with the defaults, whatever the number of pods.
// Threads: not safe. Of one target, shared with no other.
class LoadHistory {
 public:
  explicit LoadHistory(const LoadHistorySettings& settings = {});

  // What all pods said at `now`, and how many requests wait for a first replica. In the tail each
  // pod that said nothing counts as one like the others. Times do not go back.
  void add(Time now, const Demand& demand, int held_requests);

  // A target was active when a request was there, or when nobody can rule that out: at its first
  // demand, and whenever a pod said nothing.
  [[nodiscard]] Observed observed(Time now) const;

 private:
  struct Windows {
    explicit Windows(const LoadHistorySettings& settings)
        : recent(settings.stable), tail(settings.tail, settings.tail_bucket) {}

    TotalsWindow recent;  // stable and panic
    TotalsWindow tail;
  };

  LoadHistorySettings settings_;
  std::array<Windows, 4> load_;  // by Dimension
  TotalsWindow ttft_ms_;
  TotalsWindow itl_ms_;
  std::optional<std::int64_t> active_ms_;
  int missing_ = 0;
  int held_ = 0;
};

}  // namespace penstock::autoscale

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "operator/autoscale/demand.h"
#include "operator/autoscale/inputs.h"
#include "operator/autoscale/peaks.h"
#include "operator/autoscale/time.h"
#include "operator/autoscale/windows.h"

namespace penstock::autoscale {

struct LoadHistorySettings {
  milliseconds stable{20'000};  // also of one bucket of the tail of the load, up to
  milliseconds bucket_max{60'000};
  milliseconds panic{20'000};
  // Of requests the stable window is at least this share of a start, up to `stable_max`: what is
  // over before a replica is there is no load to start one for; whether it comes back, peaks tell.
  double stable_of_start = 0.25;
  milliseconds stable_max{180'000};
  // At least, of tokens: they count when requests end, late and together, and few long requests are
  // much of what a shorter window holds.
  milliseconds tokens{180'000};
  milliseconds tail{300'000};           // what consolidation looks back on, and a start more
  milliseconds start_max{1'800'000};    // of that start
  milliseconds latency_tail{600'000};   // the same of latencies, which stand in for a model until
                                        // there is one: the busiest ten minutes teach it
  milliseconds latency_bucket{60'000};  // of the tail of latencies: means of few requests jump
  // After an outage all comes back at once, and for a start nobody serves it. So what counts as the
  // tail of a rate, too, is this share of its busiest `level_bucket` within so many starts: days do
  // not fall as quickly as that, and where starts are short, little is lost by waiting for one.
  int level_starts = 16;
  milliseconds level_max{7'200'000};
  milliseconds level_bucket{600'000};
  double level_share = 0.75;
  double tail_quantile = 0.99;
};

// Turns one target's demand, second by second, into what a decision looks at. The live operator and
// the simulator both feed it, so they decide on the same numbers.
//
// Memory:  about 55 KB with the defaults, whatever the number of pods.
// Threads: not safe. Of one target, shared with no other.
class LoadHistory {
 public:
  explicit LoadHistory(const LoadHistorySettings& settings = {});

  // What all pods said at `now`, and how many requests wait for a first replica. In the tail each
  // pod that said nothing counts as one like the others. Times do not go back.
  // `patience_s`: of a replica, see peaks.h.
  void add(Time now, const Demand& demand, int held_requests,
           const std::optional<double>& patience_s = std::nullopt);

  // `start`: how long a replica takes to serve. What was seen during the last one may come again
  // before the next one is over.
  //
  // A target was active when a request was there, or when nobody can rule that out: at its first
  // demand, and whenever a pod said nothing.
  [[nodiscard]] Observed observed(Time now, milliseconds start = milliseconds(0)) const;

 private:
  struct Windows {
    Windows(const LoadHistorySettings& settings, milliseconds least)
        : stable(std::max(settings.stable, least)),
          panic(std::max(settings.panic, least)),
          recent(std::max({stable, panic, settings.stable_max})),
          tail(settings.tail + settings.start_max,
               std::min(stable, std::max(settings.bucket_max, least))),
          level(settings.level_max + settings.level_bucket, settings.level_bucket) {}

    milliseconds stable;
    milliseconds panic;
    TotalsWindow recent;
    TotalsWindow tail;
    TotalsWindow level;
  };

  // Of buckets that are over and were seen for half their time.
  [[nodiscard]] std::optional<double> level_of(const TotalsWindow& window, Time now,
                                               milliseconds start) const;

  LoadHistorySettings settings_;
  std::array<Windows, 4> load_;  // by Dimension
  Peaks peaks_;                  // of requests
  TotalsWindow seen_level_;      // of requests, without those of pods that said nothing
  TotalsWindow ttft_ms_;
  TotalsWindow itl_ms_;
  std::optional<std::int64_t> active_ms_;
  int missing_ = 0;
  int held_ = 0;
};

// Tokens count when requests end, over minutes. Where of a replica's capacity (`known`) only that
// in tokens is, nothing else tells that more requests begin; so theirs count at once, as those of
// so many mean requests, where that is more. Without a mean request (no input tokens) nothing
// changes.
void count_begun(Observed& observed, const RequestShape& mean, const Load& known);

}  // namespace penstock::autoscale

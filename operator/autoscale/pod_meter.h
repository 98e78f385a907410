#pragma once

#include <memory>
#include <optional>

#include "lib/signals/report.h"
#include "operator/autoscale/capacity.h"
#include "operator/autoscale/demand.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// Turns one pod's reports, whose counters only ever rise, into what it carries at a moment. Time
// between two of them is the sidecar's own, so that clocks may differ.
//
// Threads: not safe.
class PodMeter {
 public:
  // A pod that has said nothing new for so long says nothing any more.
  static constexpr milliseconds kFresh{5'000};
  // Nor does an engine whose page was last read so long before the report: one that is busy may
  // leave its metrics unanswered, and what it said before it was busy is not how busy it is.
  static constexpr milliseconds kEngineFresh{15'000};
  // How full its cache is stands for longer: what fills it takes minutes, and a busy fleet whose
  // engines say nothing must not look empty.
  static constexpr milliseconds kCacheFresh{300'000};

  // A report that came at `received`. One of another process, or with a counter that went down, is
  // a new beginning: two of it are needed before there is a rate.
  void take(Time received, std::shared_ptr<const signals::Report> report);

  [[nodiscard]] std::optional<Signals> at(Time now) const;

  // What the engine says that it can hold.
  [[nodiscard]] EngineLimits limits() const;

 private:
  std::shared_ptr<const signals::Report> last_;
  Time received_;
  std::optional<Signals> carried_;
};

}  // namespace penstock::autoscale

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/signals/report.h"
#include "operator/autoscale/time.h"

namespace penstock::autoscale {

// How many requests wait in one pod that holds them for a first replica, by its reports.
class HoldMeter {
 public:
  // What a pod said says nothing of a time this much later.
  static constexpr milliseconds kFresh{5'000};
  // A request that came and went between two reports asks for a replica for so long: its client
  // was told to come back.
  static constexpr milliseconds kRemembered{5'000};

  // A report may be taken more than once.
  void take(Time received, const signals::Report& report);

  // nullopt: it says nothing.
  [[nodiscard]] std::optional<int> at(Time now) const;

 private:
  std::string start_id_;
  std::int64_t arrivals_ = 0;
  int held_ = 0;
  std::optional<Time> received_;
  std::optional<Time> arrived_;  // the last one, as far as it was seen to come
};

}  // namespace penstock::autoscale

#pragma once

#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "operator/controllers/growing_pause.h"

namespace penstock::controllers {

// When a pod whose sidecar lags behind what its kubelet was told of is told again: a second after
// that, then after twice as long, and so on. Threads: not safe.
class Reminders {
 public:
  static constexpr auto kFirst = GrowingPause::kFirst;
  static constexpr auto kMost = GrowingPause::kMost;

  // Asked as often as one likes while the pod lags behind version `hash`; each time that it is due
  // it says so once. What has not lagged for a while begins anew.
  bool is_due(const std::string& pod, const std::string& hash, clock::Instant now);

 private:
  struct Reminder {
    std::string hash;
    GrowingPause pause;
  };

  std::map<std::string, Reminder> reminders_;  // by pod
  clock::Instant swept_{};
};

}  // namespace penstock::controllers

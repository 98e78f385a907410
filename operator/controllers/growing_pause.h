#pragma once

#include <algorithm>
#include <chrono>

#include "lib/clock/clock.h"

namespace penstock::controllers {

// Lets something be done at once, and then after a second, two, four, up to a minute; after some
// minutes in which it was not done, at once again. Threads: not safe.
class GrowingPause {
 public:
  static constexpr std::chrono::milliseconds kFirst{1'000};
  static constexpr std::chrono::milliseconds kMost{60'000};
  static constexpr std::chrono::milliseconds kNow{0};

  // kNow: it is done. Else how long until it may be.
  std::chrono::milliseconds wait(clock::Instant now) {
    if (now < next_) {
      return std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
    }
    pause_ = rested(now) ? kFirst : std::min(2 * pause_, kMost);
    next_ = now + pause_;
    return kNow;
  }

  // It was not done for so long that it begins anew.
  [[nodiscard]] bool rested(clock::Instant now) const { return now - next_ > 2 * kMost; }

 private:
  clock::Instant next_{};
  std::chrono::milliseconds pause_ = kFirst / 2;
};

}  // namespace penstock::controllers

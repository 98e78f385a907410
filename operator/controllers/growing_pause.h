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

  // Zero: it is done now. Else how long until it may be.
  std::chrono::milliseconds wait(clock::Instant now) {
    if (now < next_) {
      return std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
    }
    const bool rested = now - next_ > 2 * kMost;
    pause_ = rested ? kFirst : std::min(2 * pause_, kMost);
    next_ = now + pause_;
    return {};
  }

 private:
  clock::Instant next_{};
  std::chrono::milliseconds pause_ = kFirst / 2;
};

}  // namespace penstock::controllers

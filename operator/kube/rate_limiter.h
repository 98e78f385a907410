#pragma once

#include <chrono>

#include "lib/clock/clock.h"

namespace penstock::kube {

// How many requests a second the operator may send, and how many at once after a pause. Lists and
// watches are not counted.
struct RateLimit {
  double per_second = 400;
  double burst = 800;
  double reserved =
      200;  // of the burst, for changes alone; a burst has room for one report at least
};

enum class Priority {
  kChange,  // traffic or replicas depend on it
  kReport,  // status and events: what somebody reads
};

// A token bucket with two classes. Changes come in the order of their asking; reports go while more
// than the reserve is left, so a thousand statuses never stand before one delivery. However many
// changes there are, one report goes for each kTurnsBetweenReports of them.
// Threads: not safe.
class RateLimiter {
 public:
  struct Turn {
    bool granted = false;               // false: ask again after the wait
    std::chrono::milliseconds wait{0};  // granted: until it may be sent
  };

  static constexpr double kTurnsBetweenReports = 10;

  explicit RateLimiter(const RateLimit& limit);

  Turn take(clock::Instant now, Priority priority);

 private:
  [[nodiscard]] std::chrono::milliseconds time_for(double tokens) const;

  RateLimit limit_;
  double tokens_;
  clock::Instant filled_{};
  clock::Instant reported_{};  // when the last report was let through
};

}  // namespace penstock::kube

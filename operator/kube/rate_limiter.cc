#include "operator/kube/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace penstock::kube {

RateLimiter::RateLimiter(const RateLimit& limit) : limit_(limit), tokens_(limit.burst) {
  limit_.reserved = std::min(limit_.reserved, limit_.burst - 1);
}

RateLimiter::Turn RateLimiter::take(clock::Instant now, Priority priority) {
  const std::chrono::duration<double> passed = now - filled_;
  filled_ = now;
  tokens_ = std::min(limit_.burst, tokens_ + passed.count() * limit_.per_second);
  if (priority == Priority::kReport) {
    const double missing = limit_.reserved + 1 - tokens_;
    const clock::Instant due = reported_ + time_for(kTurnsBetweenReports);
    if (missing > 0 && now < due) {
      return {.granted = false,
              .wait = std::min(time_for(missing),
                               std::chrono::ceil<std::chrono::milliseconds>(due - now))};
    }
    reported_ = now;
  }
  // A change's turn is taken at once and may lie ahead.
  tokens_ -= 1;
  return {.granted = true, .wait = time_for(std::max(0.0, -tokens_))};
}

std::chrono::milliseconds RateLimiter::time_for(double tokens) const {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(tokens / limit_.per_second * 1'000)));
}

}  // namespace penstock::kube

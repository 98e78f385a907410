#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "sidecar/domain/instant.h"

namespace penstock::domain {

// Keeps retries a bounded share of the traffic, so that they cannot multiply an outage: each
// request earns a fraction of a retry, each second a few more.
//
// Time:    the caller passes `now`; an earlier one than before counts as no time passed.
// Threads: not safe. One budget belongs to one worker, and its rates are that worker's.
class RetryBudget {
 public:
  struct Settings {
    std::int64_t percent = 20;    // of requests that may be followed by a retry
    std::int64_t per_second = 3;  // allowed besides
    std::int64_t burst = 30;      // the most retries that can be saved up; at least 1
  };

  // Starts with one second's worth.
  RetryBudget(Settings settings, Instant now)
      : settings_(settings),
        level_(std::min(settings.per_second, settings.burst) * kRetry),
        refilled_at_(now) {}
  explicit RetryBudget(Instant now) : RetryBudget(Settings(), now) {}

  // Once for each request, not for its retries.
  void on_request() { add(settings_.percent * (kRetry / 100)); }

  // Takes one retry, or nothing and returns false.
  bool try_retry(Instant now) {
    refill(now);
    if (level_ < kRetry) {
      return false;
    }
    level_ -= kRetry;
    return true;
  }

  // Whole retries left.
  [[nodiscard]] std::int64_t left() const { return level_ / kRetry; }

 private:
  static constexpr std::int64_t kRetry = 1000;  // one retry, in units of the level

  void add(std::int64_t units) { level_ = std::min(level_ + units, settings_.burst * kRetry); }

  void refill(Instant now) {
    const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(now - refilled_at_);
    if (elapsed.count() <= 0) {
      return;
    }
    refilled_at_ += elapsed;
    // An hour fills any burst; the bound keeps the product in range.
    const std::int64_t milliseconds = std::min<std::int64_t>(elapsed.count(), 3'600'000);
    add(milliseconds * settings_.per_second * (kRetry / 1000));
  }

  Settings settings_;
  std::int64_t level_;
  Instant refilled_at_;
};

}  // namespace penstock::domain

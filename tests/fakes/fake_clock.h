#pragma once

#include <atomic>
#include <chrono>

#include "lib/clock/clock.h"

namespace penstock::fakes {

// Stands still until the test moves it. Both clocks move together; the wall clock starts at
// 2026-01-01 00:00 UTC. Threads: any.
class FakeClock final : public clock::Clock {
 public:
  [[nodiscard]] clock::Instant now() const noexcept override {
    return clock::Instant(std::chrono::hours(1)) + passed();
  }
  [[nodiscard]] clock::WallTime wall_now() const noexcept override {
    return std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + passed();
  }

  void advance(std::chrono::nanoseconds by) { passed_.fetch_add(by.count()); }

 private:
  [[nodiscard]] std::chrono::nanoseconds passed() const noexcept {
    return std::chrono::nanoseconds(passed_.load());
  }

  std::atomic<std::chrono::nanoseconds::rep> passed_ = 0;
};

}  // namespace penstock::fakes

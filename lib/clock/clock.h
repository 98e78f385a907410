#pragma once

#include <chrono>

// Where code that may read time gets it from, so that a test decides what time it is. Pure folders
// take `now` as a value instead and never see a Clock.
namespace penstock::clock {

using Instant = std::chrono::steady_clock::time_point;   // for durations and deadlines
using WallTime = std::chrono::system_clock::time_point;  // for logs and HTTP dates; may jump

// Threads: every implementation may be read from any thread.
class Clock {
 public:
  Clock() = default;
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  [[nodiscard]] virtual Instant now() const noexcept = 0;
  [[nodiscard]] virtual WallTime wall_now() const noexcept = 0;
};

// The machine's clocks. tests/fakes/fake_clock.h is the other implementation.
class RealClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const noexcept override {
    return std::chrono::system_clock::now();
  }
};

}  // namespace penstock::clock

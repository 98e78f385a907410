#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penstock::net {

// A point in time after which somebody is told, coarsely: never early, up to two ticks late.
//
// Lives inside its user; destroying it disarms it. Threads: one worker.
class Deadline {
 public:
  using Expired = void (*)(void*);

  Deadline() = default;  // tells nobody: a list head
  Deadline(Expired expired, void* argument) : expired_(expired), argument_(argument) {}
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void disarm() noexcept;
  [[nodiscard]] bool armed() const { return next_ != nullptr; }

 private:
  friend class DeadlineWheel;

  Deadline* next_ = nullptr;
  Deadline* previous_ = nullptr;
  std::uint64_t due_tick_ = 0;
  Expired expired_ = nullptr;
  void* argument_ = nullptr;
};

// One per worker. Arming stores a tick number and links a node: no system call, no allocation, so a
// deadline can be re-armed for every read. Whoever owns the wheel calls tick() every kTick.
class DeadlineWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{250};

  DeadlineWheel();
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  // Calls the deadline's function once, at least `delay` from now. Re-arms one that is armed.
  // Any delay is allowed; what is longer than a turn of the wheel is looked at once a turn.
  void arm(Deadline& deadline, std::chrono::milliseconds delay) noexcept;

  // The ticks until it is due; 0: it is not armed.
  [[nodiscard]] std::uint64_t ticks_left(const Deadline& deadline) const noexcept {
    return deadline.armed() ? deadline.due_tick_ - now_tick_ : 0;
  }

  // Moves on by one tick and calls what is due; a called function may arm, disarm and destroy
  // deadlines.
  void tick() noexcept;

 private:
  static constexpr std::size_t kSlots = 1024;  // 256 s a turn

  void link(Deadline& deadline) noexcept;

  std::array<Deadline, kSlots> slots_;
  std::uint64_t now_tick_ = 0;
};

}  // namespace penstock::net

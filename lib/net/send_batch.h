#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace penstock::net {

class Connection;

// Small writes of one round of the event loop, sent together at its end.
//
// Who is sent something while it sleeps is woken, and waking a core that idles is the dearest part
// of a small write (an interrupt; in a virtual machine a trip through the hypervisor). Peers that
// share a core, as a model server's threads or a client's connections do, are woken once by a row
// of writes, and once each by writes with work in between. Under load a round has many events; with
// one event nothing waits for anything.
//
// Threads: the event loop's.
class SendBatch {
 public:
  static constexpr std::size_t kWriteBytesMax = 4096;

  SendBatch();

  // A round of the event loop with so many events. Until its end writes are collected: a few, so
  // that the first does not wait for long; many where the loop never rests, for then all wait for
  // it, and it is the cost of a write that decides for how long.
  void begin_round(int events) noexcept {
    unrested_events_ = std::min(unrested_events_ + events, kUnrestedMax);
    writes_max_ = unrested_events_ >= kNeverRests ? kManyWrites : kFewWrites;
    collecting_ = true;
  }
  void end_round() noexcept {
    flush();
    collecting_ = false;
  }
  // The loop found no event.
  void rest() noexcept { unrested_events_ /= 2; }
  [[nodiscard]] bool collecting() const noexcept { return collecting_; }

  // Room for `size` bytes that will be sent on `connection`, after what it has here already.
  // REQUIRES: collecting(), size <= kWriteBytesMax.
  [[nodiscard]] std::span<char> add(Connection& connection, std::size_t size) noexcept;

  void flush() noexcept;

 private:
  static constexpr std::size_t kFewWrites = 16;
  static constexpr std::size_t kManyWrites = 64;
  // So many events with hardly a rest, and the loop is what others wait for. (At full load a relay
  // that its peers limit rests every 160 events, one that limits them every 2,800.)
  static constexpr int kNeverRests = 1024;
  static constexpr int kUnrestedMax = 4 * kNeverRests;  // two rests later it is still at the bound

  struct Write {
    Connection* connection;
    std::size_t size;
  };

  std::unique_ptr<char[]> bytes_;  // of all writes, one after the other
  std::size_t size_ = 0;
  std::array<Write, kManyWrites> writes_{};
  std::size_t count_ = 0;
  std::size_t writes_max_ = kFewWrites;  // of this round
  int unrested_events_ = 0;              // a rest halves it
  bool collecting_ = false;
};

}  // namespace penstock::net

#pragma once

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

  // Between the two, writes are collected: a few, so that the first does not wait for long; many
  // where the loop `never_rests`, for then all wait for it, and it is the cost of a write that
  // decides for how long.
  void begin_round(bool never_rests) noexcept {
    collecting_ = true;
    writes_max_ = never_rests ? kWritesMax : kFewWrites;
  }
  void end_round() noexcept {
    flush();
    collecting_ = false;
  }
  [[nodiscard]] bool collecting() const noexcept { return collecting_; }

  // Room for `size` bytes that will be sent on `connection`, after what it has here already.
  // REQUIRES: collecting(), size <= kWriteBytesMax.
  [[nodiscard]] std::span<char> add(Connection& connection, std::size_t size) noexcept;

  void flush() noexcept;

 private:
  static constexpr std::size_t kFewWrites = 16;
  static constexpr std::size_t kWritesMax = 64;
  static constexpr std::size_t kBytesMax = 128UL * 1024;

  struct Write {
    Connection* connection;
    std::size_t size;
  };

  std::unique_ptr<char[]> bytes_;  // of all writes, one after the other
  std::size_t size_ = 0;
  std::array<Write, kWritesMax> writes_{};
  std::size_t count_ = 0;
  std::size_t writes_max_ = kFewWrites;
  bool collecting_ = false;
};

}  // namespace penstock::net

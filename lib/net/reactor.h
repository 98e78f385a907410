#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

#include "lib/net/io_context.h"
#include "lib/net/send_batch.h"

namespace penstock::net {

// Told about a descriptor's readiness. `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
class ReadinessHandler {
 public:
  virtual ~ReadinessHandler() = default;
  virtual void on_events(std::uint32_t events) noexcept = 0;
};

// Edge-triggered readiness for one event loop's descriptors: each is registered once for its life,
// so waiting costs no system call. Its own epoll set is one descriptor of the event loop's.
//
// (Asio's own waits re-arm the descriptor each time: two epoll_ctl and a peek more for a relayed
// request.)
//
// Threads: the event loop's.
class Reactor {
 public:
  explicit Reactor(IoContext& context);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // From here on `handler` hears of edges. False: out of memory or watches.
  bool add(int descriptor, ReadinessHandler& handler) noexcept;
  // The handler hears nothing more, not even of what was collected already. Before the descriptor
  // is closed.
  void remove(int descriptor, ReadinessHandler& handler) noexcept;

  // Handlers hear nothing more, and the event loop may run out of work.
  void stop() noexcept;

  [[nodiscard]] Executor executor() { return context_.get_executor(); }

  // Open while a round of events is handed out.
  [[nodiscard]] SendBatch& sends() { return sends_; }

 private:
  static constexpr std::size_t kBatch = 128;
  // Rounds before timers and messages get their turn again.
  static constexpr int kRounds = 4;

  void await();
  void dispatch() noexcept;

  IoContext& context_;
  boost::asio::posix::basic_stream_descriptor<Executor> epoll_;
  std::array<epoll_event, kBatch> events_{};
  std::span<epoll_event> pending_;  // of the batch being handed out
  SendBatch sends_;
};

}  // namespace penstock::net

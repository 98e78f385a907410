#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/basic_waitable_timer.hpp>

#include "lib/net/io_context.h"
#include "lib/task/event.h"

namespace penstock::net {

// Sets an event after a while, to the millisecond: where a Deadline's ticks are too coarse.
//
// Threads: the event loop's. May be destroyed at any time: the event is not touched after that.
class Timer {
 public:
  Timer(Executor executor, Event& event);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Once, after `delay`. Takes the place of an earlier one.
  void arm(std::chrono::milliseconds delay);

 private:
  // An expired wait cannot be taken back: its handler asks whether there is still somebody to tell.
  struct Waiting {
    Event* event = nullptr;
  };

  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer_;
  std::shared_ptr<Waiting> waiting_;
};

}  // namespace penstock::net

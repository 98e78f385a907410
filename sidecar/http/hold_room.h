#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>

#include "lib/net/timer.h"
#include "lib/task/event.h"
#include "sidecar/http1/head.h"

namespace penstock::http {

// How long, and how many, requests of the whole process may wait for a backend that is not there.
// Threads: any.
struct HoldLimits {
  std::chrono::milliseconds wait_max{300'000};
  std::uint32_t requests_max = 100;
  std::atomic<std::uint32_t> waiting{0};
};

// How long whoever cannot wait here, or no longer, is asked to stay away: a model takes tens of
// seconds to load, and asking sooner helps nobody.
inline constexpr std::chrono::seconds kHoldRetryAfter{10};

// Reads are asked over and over by monitoring, and answered as if nobody waited: a model must not
// start for a probe.
bool may_wait(const http1::RequestHead& head);

// One worker's requests that wait for the backend. The first in line knocks; whoever leaves, be it
// with a connection, lets the next one try at once, so that all follow one after the other.
//
// Threads: the worker's. The limits outlive it, it outlives its places.
class HoldRoom {
 public:
  // From one try of the first in line to its next.
  static constexpr std::chrono::milliseconds kKnock{100};

  HoldRoom(HoldLimits& limits, net::Executor executor) : limits_(limits), executor_(executor) {}

  // A request's place in line, for as long as it waits.
  class Place {
   public:
    explicit Place(HoldRoom& room);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // False: there was no room.
    [[nodiscard]] bool admitted() const { return admitted_; }
    // woken() is set when it is worth a try, or after `at_most`. REQUIRES: admitted().
    void rest(std::chrono::milliseconds at_most);
    [[nodiscard]] Event& woken() { return event_; }
    void wake() { timer_.arm(std::chrono::milliseconds(0)); }

   private:
    HoldRoom& room_;
    bool admitted_;
    Event event_;
    net::Timer timer_;
    std::list<Place*>::iterator in_line_;
  };

  [[nodiscard]] std::chrono::milliseconds wait_max() const { return limits_.wait_max; }

 private:
  HoldLimits& limits_;
  net::Executor executor_;
  std::list<Place*> line_;
};

}  // namespace penstock::http

#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/net/io_context.h"
#include "lib/sync/mutex.h"
#include "lib/task/event.h"
#include "sidecar/request/flight.h"

namespace penstock::http {

// One worker's ear for all flights: collects the flights that moved and wakes their callers on this
// worker, with one message for however many flights and callers.
//
// Threads: wake() from any; everything else on the worker.
class FlightHub final : public request::FlightListener,
                        public std::enable_shared_from_this<FlightHub> {
 public:
  explicit FlightHub(net::Executor worker) : worker_(worker) {}

  void wake(const request::Flight& flight) noexcept override;

  // `event` is set whenever `flight` moved, until unsubscribe().
  void subscribe(const request::Flight& flight, Event& event);
  void unsubscribe(const request::Flight& flight, Event& event);

 private:
  void deliver();

  net::Executor worker_;
  sync::Mutex mutex_;
  std::vector<const request::Flight*> moved_ PENSTOCK_GUARDED_BY(mutex_);
  std::unordered_map<const request::Flight*, std::vector<Event*>> events_;
};

}  // namespace penstock::http

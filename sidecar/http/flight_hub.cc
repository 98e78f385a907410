#include "sidecar/http/flight_hub.h"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace penstock::http {

void FlightHub::wake(const request::Flight& flight) noexcept {
  bool first = false;
  {
    const sync::MutexLock lock(mutex_);
    first = moved_.empty();
    if (std::find(moved_.begin(), moved_.end(), &flight) == moved_.end()) {
      moved_.push_back(&flight);
    }
  }
  if (first) {
    boost::asio::post(worker_, [self = shared_from_this()] { self->deliver(); });
  }
}

void FlightHub::deliver() {
  std::vector<const request::Flight*> moved;
  {
    const sync::MutexLock lock(mutex_);
    moved.swap(moved_);
  }
  std::vector<Event*> awake;
  for (const request::Flight* flight : moved) {
    const auto subscribed = events_.find(flight);
    if (subscribed != events_.end()) {
      awake.insert(awake.end(), subscribed->second.begin(), subscribed->second.end());
    }
  }
  // From a copy: whoever wakes may unsubscribe itself, but nobody else.
  for (Event* event : awake) {
    event->set();
  }
}

void FlightHub::subscribe(const request::Flight& flight, Event& event) {
  events_[&flight].push_back(&event);
}

void FlightHub::unsubscribe(const request::Flight& flight, Event& event) {
  const auto subscribed = events_.find(&flight);
  if (subscribed == events_.end()) {
    return;
  }
  std::erase(subscribed->second, &event);
  if (subscribed->second.empty()) {
    events_.erase(subscribed);
  }
}

}  // namespace penstock::http

#include "lib/net/timer.h"

namespace penstock::net {

Timer::Timer(Executor executor, Event& event)
    : timer_(executor), waiting_(std::make_shared<Waiting>(&event)) {}

Timer::~Timer() {
  waiting_->event = nullptr;
}

void Timer::arm(std::chrono::milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([waiting = waiting_](const boost::system::error_code& cancelled) {
    if (!cancelled && waiting->event != nullptr) {
      waiting->event->set();
    }
  });
}

}  // namespace penstock::net

#include "lib/net/reactor.h"

#include <cstdlib>

namespace penstock::net {

Reactor::Reactor(IoContext& context) : context_(context), epoll_(context.get_executor()) {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) {
    std::abort();  // at start only: nothing can run without it
  }
  epoll_.assign(descriptor);
  await();
}

Reactor::~Reactor() = default;

bool Reactor::add(int descriptor, ReadinessHandler& handler) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &handler;
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Reactor::remove(int descriptor, ReadinessHandler& handler) noexcept {
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (epoll_event& event : pending_) {
    if (event.data.ptr == &handler) {
      event.data.ptr = nullptr;
    }
  }
}

void Reactor::stop() noexcept {
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

void Reactor::await() {
  epoll_.async_wait(decltype(epoll_)::wait_read, [this](const boost::system::error_code& error) {
    if (!error && epoll_.is_open()) {
      dispatch();
      await();
    }
  });
}

void Reactor::dispatch() noexcept {
  for (int round = 0; round < kRounds; ++round) {
    const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), kBatch, 0);
    if (count <= 0) {
      sends_.rest();
      return;
    }
    pending_ = std::span(events_).first(static_cast<std::size_t>(count));
    sends_.begin_round(count);
    while (!pending_.empty()) {
      const epoll_event event = pending_.front();
      pending_ = pending_.subspan(1);
      if (event.data.ptr != nullptr) {
        static_cast<ReadinessHandler*>(event.data.ptr)->on_events(event.events);
      }
    }
    sends_.end_round();
  }
}

}  // namespace penstock::net

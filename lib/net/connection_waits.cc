#include <utility>

#include <boost/asio/post.hpp>
#include <sys/epoll.h>

#include "lib/net/connection.h"

// Who waits for a connection, and who is told of what happens to it.
namespace penstock::net {

void Connection::ReadAwaiter::await_suspend(std::coroutine_handle<> waiting) noexcept {
  connection_.reader_ = waiting;
}

void Connection::WriteAwaiter::await_suspend(std::coroutine_handle<> waiting) noexcept {
  connection_.writer_ = waiting;
}

void Connection::on_events(std::uint32_t events) noexcept {
  constexpr std::uint32_t kEnding = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  hung_up_ = hung_up_ || (events & kEnding) != 0;
  readable_ = readable_ || (events & (EPOLLIN | kEnding)) != 0;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    writable_ = send_unsent() || send_failed_;
  }
  const bool wakes_reader = readable_ || (read_wants_write_ && writable_);
  const bool wakes_writer = writable_ || (write_wants_read_ && readable_);
  if (reader_ && wakes_reader) {
    readable_ = true;
    if (writer_ && wakes_writer) {
      // Both waited: the second is woken by a message, for the first may destroy this object.
      writable_ = true;
      wake_writer_soon();
    }
    std::exchange(reader_, {}).resume();  // may destroy this object
    return;
  }
  if (writer_ && wakes_writer) {
    writable_ = true;
    if (concerns_watcher()) {
      tell_watcher_soon();  // the writer may destroy this object
    }
    std::exchange(writer_, {}).resume();
    return;
  }
  if (concerns_watcher()) {
    std::exchange(watcher_, nullptr)->on_readable();
  }
}

bool Connection::concerns_watcher() const noexcept {
  return watcher_ != nullptr && !reader_ && (watches_end_ ? hung_up_ : readable_);
}

void Connection::watch_end(ReadWatcher* watcher) noexcept {
  watches_end_ = true;
  watcher_ = watcher;
  if (concerns_watcher()) {
    std::exchange(watcher_, nullptr)->on_readable();
  }
}

void Connection::watch(ReadWatcher* watcher) noexcept {
  watches_end_ = false;
  if (watcher != nullptr && (readable_ || has_buffered())) {
    watcher_ = nullptr;
    watcher->on_readable();
    return;
  }
  watcher_ = watcher;
}

void Connection::watch_on(ReadWatcher* watcher) noexcept {
  watches_end_ = false;
  watcher_ = watcher;
}

void Connection::tell_watcher_soon() noexcept {
  if (telling_) {
    return;
  }
  telling_ = true;
  boost::asio::post(reactor_.executor(), [this] {
    telling_ = false;
    if (closer_) {
      resume_closer();
    } else if (concerns_watcher()) {
      std::exchange(watcher_, nullptr)->on_readable();
    }
  });
}

void Connection::resume_closer() noexcept {
  if (!has_messages()) {
    std::exchange(closer_, {}).resume();
  }
}

// Of the writer alone: the reader may wait again by then, for what has not come.
void Connection::wake_writer_soon() noexcept {
  if (waking_writer_) {
    return;
  }
  waking_writer_ = true;
  boost::asio::post(reactor_.executor(), [this] {
    waking_writer_ = false;
    if (closer_) {
      resume_closer();
    } else if (writer_ && writable_) {
      std::exchange(writer_, {}).resume();
    }
  });
}

void Connection::cancel() noexcept {
  if (reader_ || writer_) {
    wake_waiting();
  }
}

void Connection::wake_waiting() noexcept {
  if (waking_) {
    return;
  }
  waking_ = true;
  boost::asio::post(reactor_.executor(), [this] {
    waking_ = false;
    if (closer_) {
      resume_closer();
      return;
    }
    const std::coroutine_handle<> second =
        reader_ ? std::exchange(writer_, {}) : std::coroutine_handle<>();
    const std::coroutine_handle<> first =
        reader_ ? std::exchange(reader_, {}) : std::exchange(writer_, {});
    if (second) {
      boost::asio::post(reactor_.executor(), [second] { second.resume(); });
    }
    if (first) {
      first.resume();
    }
  });
}

bool Connection::CloseAwaiter::await_ready() noexcept {
  connection_.watcher_ = nullptr;
  if (connection_.socket_.open()) {
    connection_.say_goodbye();
    connection_.reactor_.remove(connection_.socket_.get(), connection_);
    connection_.socket_.close();
  }
  connection_.readable_ = false;
  connection_.writable_ = false;
  return !connection_.has_messages();
}

}  // namespace penstock::net

#include "lib/net/connection.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "lib/net/tls.h"

namespace penstock::net {
namespace {

IoState state_of_errno() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? IoState::kWouldBlock
                                                                   : IoState::kBroken;
}

// OpenSSL takes int lengths.
int clamp(std::size_t size) {
  return static_cast<int>(
      std::min<std::size_t>(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

Connection::Connection(Socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.native_non_blocking(true, ignored);
}

Connection::~Connection() {
  if (tls_ != nullptr) {
    resumable_session(tls_).reset();
    SSL_free(tls_);
  }
}

bool Connection::has_buffered() const noexcept {
  // Not SSL_has_pending: that counts parts of a record, which no read can return yet. Without
  // read-ahead OpenSSL holds at most the rest of one decrypted record.
  return tls_ != nullptr && SSL_pending(tls_) > 0;
}

Io Connection::read_some(std::span<char> into) noexcept {
  if (tls_ == nullptr) {
    const ssize_t n = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (n > 0) {
      return {static_cast<std::size_t>(n), IoState::kOk};
    }
    return {0, n == 0 ? IoState::kEnd : state_of_errno()};
  }
  ERR_clear_error();
  read_wants_write_ = false;
  const int n = SSL_read(tls_, into.data(), clamp(into.size()));
  if (n > 0) {
    return {static_cast<std::size_t>(n), IoState::kOk};
  }
  switch (SSL_get_error(tls_, n)) {
    case SSL_ERROR_WANT_WRITE: read_wants_write_ = true; return {0, IoState::kWouldBlock};
    case SSL_ERROR_WANT_READ: return {0, IoState::kWouldBlock};
    case SSL_ERROR_ZERO_RETURN: return {0, IoState::kEnd};
    default: return {0, IoState::kBroken};
  }
}

Io Connection::write_some(std::span<const iovec> from) noexcept {
  if (tls_ == nullptr) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());  // sendmsg only reads it
    message.msg_iovlen = from.size();
    const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n >= 0) {
      return {static_cast<std::size_t>(n), IoState::kOk};
    }
    return {0, state_of_errno()};
  }
  write_wants_read_ = false;
  std::size_t written = 0;
  for (const iovec& piece : from) {
    std::size_t at = 0;
    while (at < piece.iov_len) {
      ERR_clear_error();
      const int n =
          SSL_write(tls_, static_cast<const char*>(piece.iov_base) + at, clamp(piece.iov_len - at));
      if (n > 0) {
        at += static_cast<std::size_t>(n);
        written += static_cast<std::size_t>(n);
        continue;
      }
      const int why = SSL_get_error(tls_, n);
      write_wants_read_ = why == SSL_ERROR_WANT_READ;
      const bool blocked = write_wants_read_ || why == SSL_ERROR_WANT_WRITE;
      if (blocked && written > 0) {
        return {written, IoState::kOk};
      }
      return {0, blocked ? IoState::kWouldBlock : IoState::kBroken};
    }
  }
  return {written, IoState::kOk};
}

IoState Connection::peek() noexcept {
  char byte = 0;
  if (tls_ == nullptr) {
    const ssize_t n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK);
    if (n > 0) {
      return IoState::kOk;
    }
    return n == 0 ? IoState::kEnd : state_of_errno();
  }
  ERR_clear_error();
  const int n = SSL_peek(tls_, &byte, 1);
  if (n > 0) {
    return IoState::kOk;
  }
  switch (SSL_get_error(tls_, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return IoState::kWouldBlock;
    case SSL_ERROR_ZERO_RETURN: return IoState::kEnd;
    default: return IoState::kBroken;
  }
}

void Connection::ReadAwaiter::await_suspend(std::coroutine_handle<> waiting) noexcept {
  connection_.reader_ = waiting;
  connection_.arm_read();
}

bool Connection::ReadAwaiter::await_resume() const noexcept {
  return connection_.read_ok_ || connection_.has_buffered();
}

void Connection::WriteAwaiter::await_suspend(std::coroutine_handle<> waiting) noexcept {
  connection_.writer_ = waiting;
  connection_.arm_write();
}

bool Connection::WriteAwaiter::await_resume() const noexcept {
  return connection_.write_ok_;
}

void Connection::arm_read() {
  if (read_armed_) {
    return;
  }
  read_armed_ = true;
  const auto direction = read_wants_write_ ? Socket::wait_write : Socket::wait_read;
  socket_.async_wait(direction,
                     [this](const boost::system::error_code& error) { read_ready(!error); });
}

void Connection::arm_write() {
  if (write_armed_) {
    return;
  }
  write_armed_ = true;
  const auto direction = write_wants_read_ ? Socket::wait_read : Socket::wait_write;
  socket_.async_wait(direction,
                     [this](const boost::system::error_code& error) { write_ready(!error); });
}

void Connection::read_ready(bool ok) {
  read_armed_ = false;
  read_ok_ = ok;
  if (reader_) {
    std::exchange(reader_, {}).resume();  // may destroy this object
    return;
  }
  if (closer_) {
    finish_close();
    return;
  }
  if (watcher_ != nullptr && ok) {
    std::exchange(watcher_, nullptr)->on_readable();
  }
}

void Connection::write_ready(bool ok) {
  write_armed_ = false;
  write_ok_ = ok;
  if (writer_) {
    std::exchange(writer_, {}).resume();
    return;
  }
  if (closer_) {
    finish_close();
  }
}

void Connection::watch(ReadWatcher* watcher) noexcept {
  watcher_ = watcher;
  if (watcher != nullptr) {
    arm_read();
  }
}

void Connection::cancel() noexcept {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::shutdown_send() noexcept {
  if (tls_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(tls_);
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

bool Connection::CloseAwaiter::await_ready() noexcept {
  connection_.watcher_ = nullptr;
  boost::system::error_code ignored;
  connection_.socket_.close(ignored);
  return !connection_.read_armed_ && !connection_.write_armed_;
}

void Connection::finish_close() {
  if (!read_armed_ && !write_armed_) {
    std::exchange(closer_, {}).resume();
  }
}

}  // namespace penstock::net

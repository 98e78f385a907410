#include "lib/net/connection.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "lib/net/socket_options.h"
#include "lib/net/tls.h"

namespace penstock::net {
namespace {

static_assert(EAGAIN == EWOULDBLOCK);  // g++ refuses to ask for both

IoState state_of_errno() {
  return errno == EAGAIN || errno == EINTR ? IoState::kWouldBlock : IoState::kBroken;
}

// OpenSSL takes int lengths.
int clamp(std::size_t size) {
  return static_cast<int>(
      std::min<std::size_t>(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

Connection::Connection(Reactor& reactor, Descriptor socket)
    : reactor_(reactor), socket_(std::move(socket)) {
  // Without a registration nothing will ever be ready: such a connection is found broken at the
  // first use.
  if (!reactor_.add(socket_.get(), *this)) {
    socket_.close();
  }
}

Connection::~Connection() {
  if (socket_.open()) {
    say_goodbye();
    reactor_.remove(socket_.get(), *this);
  }
  if (tls_ != nullptr) {
    resumable_session(tls_).reset();
    // OpenSSL makes the session of a connection that ended without close_notify unfit to resume,
    // as TLS 1.0 wanted it; RFC 5246 section 7.2.1 takes that back.
    SSL_set_shutdown(tls_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
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
    const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (n > 0) {
      const auto bytes = static_cast<std::size_t>(n);
      may_write_later_ = true;
      // Less than there was room for: a stream socket is empty now (epoll(7)), unless its end came
      // along.
      readable_ = bytes == into.size() || hung_up_;
      return {bytes, IoState::kOk};
    }
    const IoState state = n == 0 ? IoState::kEnd : state_of_errno();
    readable_ = state != IoState::kWouldBlock;
    return {0, state};
  }
  ERR_clear_error();
  read_wants_write_ = false;
  const int n = SSL_read(tls_, into.data(), clamp(into.size()));
  if (n > 0) {
    return {static_cast<std::size_t>(n), IoState::kOk};
  }
  switch (SSL_get_error(tls_, n)) {
    case SSL_ERROR_WANT_WRITE:
      read_wants_write_ = true;
      readable_ = false;
      writable_ = false;
      return {0, IoState::kWouldBlock};
    case SSL_ERROR_WANT_READ: readable_ = false; return {0, IoState::kWouldBlock};
    case SSL_ERROR_ZERO_RETURN: return {0, IoState::kEnd};
    default: tls_broken_ = true; return {0, IoState::kBroken};
  }
}

void Connection::send_what_is_collected() noexcept {
  if (collected_) {
    reactor_.sends().flush();
  }
}

std::span<char> Connection::write_later(std::size_t size) noexcept {
  SendBatch& sends = reactor_.sends();
  const bool later = tls_ == nullptr && may_write_later_ && !writes_at_once_ &&
                     sends.collecting() && writable_ && size <= SendBatch::kWriteBytesMax;
  if (!later) {
    return {};
  }
  may_write_later_ = false;
  collected_ = true;
  return sends.add(*this, size);
}

void Connection::send_collected(std::string_view bytes) noexcept {
  collected_ = false;
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0 && static_cast<std::size_t>(n) == bytes.size()) {
    return;
  }
  writable_ = false;
  if (n < 0 && state_of_errno() == IoState::kBroken) {
    send_failed_ = true;
    return;
  }
  bytes.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  unsent_ = std::make_unique<std::string>(bytes);
}

bool Connection::send_unsent() noexcept {
  if (unsent_ == nullptr) {
    return true;
  }
  const std::string rest = std::move(*unsent_);
  unsent_.reset();
  send_collected(rest);
  return unsent_ == nullptr;
}

Io Connection::write_some(std::span<const iovec> from) noexcept {
  send_what_is_collected();
  if (!send_unsent()) {
    return {0, IoState::kWouldBlock};
  }
  if (send_failed_) {
    return {0, IoState::kBroken};
  }
  if (tls_ == nullptr) {
    ssize_t n = 0;
    if (from.size() == 1) {
      n = ::send(socket_.get(), from.front().iov_base, from.front().iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(from.data());  // sendmsg only reads it
      message.msg_iovlen = from.size();
      n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    }
    if (n >= 0) {
      std::size_t all = 0;
      for (const iovec& piece : from) {
        all += piece.iov_len;
      }
      writable_ = static_cast<std::size_t>(n) == all;
      return {static_cast<std::size_t>(n), IoState::kOk};
    }
    writable_ = false;
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
      tls_broken_ = tls_broken_ || !blocked;
      writable_ = writable_ && !blocked;
      readable_ = readable_ && !write_wants_read_;
      if (blocked && written > 0) {
        return {written, IoState::kOk};
      }
      return {0, blocked ? IoState::kWouldBlock : IoState::kBroken};
    }
  }
  return {written, IoState::kOk};
}

IoState Connection::peek() noexcept {
  if (!socket_.open()) {
    return IoState::kBroken;
  }
  char byte = 0;
  if (tls_ == nullptr) {
    const ssize_t n = ::recv(socket_.get(), &byte, 1, MSG_PEEK);
    const IoState state = n > 0 ? IoState::kOk : n == 0 ? IoState::kEnd : state_of_errno();
    readable_ = state != IoState::kWouldBlock;
    return state;
  }
  ERR_clear_error();
  const int n = SSL_peek(tls_, &byte, 1);
  if (n > 0) {
    return IoState::kOk;
  }
  switch (SSL_get_error(tls_, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: readable_ = false; return IoState::kWouldBlock;
    case SSL_ERROR_ZERO_RETURN: return IoState::kEnd;
    default: tls_broken_ = true; return IoState::kBroken;
  }
}

void Connection::reset_at_close() noexcept {
  send_what_is_collected();
  break_off();
  net::reset_at_close(socket_.get());
}

void Connection::say_goodbye() noexcept {
  send_what_is_collected();
  // OpenSSL wants none after an error or within a handshake, and sends none behind a write that is
  // stuck.
  if (tls_ == nullptr || tls_broken_ || broken_off_ || SSL_is_init_finished(tls_) == 0 ||
      (SSL_get_shutdown(tls_) & SSL_SENT_SHUTDOWN) != 0) {
    return;
  }
  ERR_clear_error();
  SSL_shutdown(tls_);
}

void Connection::shutdown_send() noexcept {
  say_goodbye();
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace penstock::net

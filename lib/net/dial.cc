#include "lib/net/dial.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/socket.h>

#include "lib/net/socket_options.h"

namespace penstock::net {

namespace {

int connect_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::string reason(int error) {
  return std::system_category().message(error);
}

}  // namespace

Dial::Dial(Reactor& reactor, DeadlineWheel& wheel, Resolver& resolver)
    : reactor_(reactor),
      wheel_(wheel),
      resolver_(resolver),
      deadline_([](void* self) { static_cast<Dial*>(self)->stop(DialFailure::kTimeout); }, this),
      try_([](void* self) { static_cast<Dial*>(self)->end_try(); }, this) {}

void Dial::stop(DialFailure why) noexcept {
  if (stopped_ != DialFailure::kNone) {
    return;
  }
  stopped_ = why;
  if (look_up_ != nullptr) {
    look_up_->cancel();
  }
  if (connection_ != nullptr) {
    connection_->cancel();
  }
}

// For as long as there are ticks left, fewer than all of them.
void Dial::begin_try() noexcept {
  const auto half = static_cast<std::int64_t>((wheel_.ticks_left(deadline_) + 1) / 2);
  const std::chrono::milliseconds time = std::min(half * DeadlineWheel::kTick, kTryMax);
  wheel_.arm(try_, time - DeadlineWheel::kTick);  // which adds one
}

void Dial::end_try() noexcept {
  if (look_up_ != nullptr) {
    look_up_->settle();
    return;
  }
  late_ = true;
  if (connection_ != nullptr) {
    connection_->cancel();
  }
}

// Empty: there are none, or the wait was stopped.
Task<Endpoints> Dial::look_up(const DialTarget& target) {
  Resolver::Awaiter look_up = resolver_.resolve(reactor_.executor(), target.host, target.port);
  look_up_ = &look_up;
  begin_try();
  Endpoints endpoints = co_await look_up;
  try_.disarm();
  look_up_ = nullptr;
  if (endpoints == nullptr) {
    failure_ = DialFailure::kName;
    detail_ = stopped_ == DialFailure::kNone ? "no address for the backend's host"
                                             : "no word yet of the backend's host's address";
    endpoints = std::make_shared<std::vector<Endpoint>>();
  }
  co_return endpoints;
}

Task<Dial::Outcome> Dial::run(const DialTarget& target) {
  if (stopped_ != DialFailure::kNone) {
    co_return Outcome{.failure = stopped_};
  }
  wheel_.arm(deadline_, target.timeout);
  const Endpoints endpoints = co_await look_up(target);
  bool connected = co_await connect_any(*endpoints, target);
  if (connected && target.tls != nullptr) {
    connected = co_await secure(target);
  }
  deadline_.disarm();
  if (!connected && connection_ != nullptr) {
    co_await connection_->close();
    connection_.reset();
  }
  Outcome outcome;
  outcome.connection = std::move(connection_);
  if (outcome.connection == nullptr) {
    outcome.failure = stopped_ != DialFailure::kNone ? stopped_ : failure_;
    outcome.detail = std::move(detail_);
  }
  co_return outcome;
}

Task<bool> Dial::connect_any(const std::vector<Endpoint>& endpoints, const DialTarget& target) {
  bool connected = false;
  for (std::size_t i = 0; i < endpoints.size() && !connected; ++i) {
    if (stopped_ != DialFailure::kNone) {
      break;
    }
    late_ = false;
    if (i + 1 < endpoints.size()) {
      begin_try();
    }
    connected = co_await connect(endpoints[i], target.tcp_keep_alive);
    try_.disarm();
  }
  const bool unreachable = failure_ == DialFailure::kRefused || failure_ == DialFailure::kTimeout;
  if (!connected && unreachable && stopped_ != DialFailure::kCancelled) {
    resolver_.doubt(target.host);
  }
  co_return connected;
}

Task<bool> Dial::connect(const Endpoint& endpoint, std::chrono::milliseconds keep_alive) {
  if (connection_ != nullptr) {
    co_await connection_->close();
    connection_.reset();
  }
  const int family = endpoint.protocol().family();
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) {
    failure_ =
        errno == EMFILE || errno == ENFILE ? DialFailure::kDescriptors : DialFailure::kRefused;
    detail_ = reason(errno);
    co_return false;
  }
  set_upstream_options(socket.get(), keep_alive);
  const int begun =
      ::connect(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size()));
  int error = begun == 0 ? 0 : errno;
  const int descriptor = socket.get();
  connection_ = std::make_unique<Connection>(reactor_, std::move(socket));
  if (error == EINPROGRESS) {
    const bool woken = co_await connection_->writable();
    error = woken ? connect_error(descriptor) : ECANCELED;
  }
  if (error != 0) {
    failure_ = late_ ? DialFailure::kTimeout : DialFailure::kRefused;
    detail_ = reason(late_ ? ETIMEDOUT : error);
    co_return false;
  }
  co_return stopped_ == DialFailure::kNone;
}

Task<bool> Dial::secure(const DialTarget& target) {
  ssl_st* tls =
      target.tls->connect_on(connection_->descriptor(), target.server_name, target.resumed);
  if (tls == nullptr) {
    failure_ = DialFailure::kTls;
    detail_ = "out of memory for TLS";
    co_return false;
  }
  connection_->adopt_tls(tls);
  const bool secured = co_await handshake(*connection_);
  if (!secured) {
    failure_ = DialFailure::kTls;
    detail_ = handshake_error(tls);
  }
  co_return secured;
}

Task<bool> handshake(Connection& connection) {
  for (;;) {
    bool woken = false;
    switch (handshake_step(connection.tls())) {
      case HandshakeStep::kDone: co_return true;
      case HandshakeStep::kFailed: co_return false;
      case HandshakeStep::kWantRead:
        connection.not_readable();
        woken = co_await connection.readable();
        break;
      case HandshakeStep::kWantWrite:
        connection.not_writable();
        woken = co_await connection.writable();
        break;
    }
    if (!woken) {
      co_return false;
    }
  }
}

}  // namespace penstock::net

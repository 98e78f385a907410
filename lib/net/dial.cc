#include "lib/net/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "lib/net/socket_options.h"

namespace penstock::net {

// Suspends until the socket is connected or the attempt is over.
class Dial::Connecting {
 public:
  Connecting(Socket& socket, const Endpoint& endpoint) : socket_(socket), endpoint_(endpoint) {}
  bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    socket_.async_connect(endpoint_, [this, waiting](const boost::system::error_code& error) {
      error_ = error;
      waiting.resume();
    });
  }
  boost::system::error_code await_resume() const noexcept { return error_; }

 private:
  Socket& socket_;
  const Endpoint& endpoint_;
  boost::system::error_code error_;
};

Dial::Dial(Executor worker, DeadlineWheel& wheel, Resolver& resolver)
    : worker_(worker),
      wheel_(wheel),
      resolver_(resolver),
      deadline_([](void* self) { static_cast<Dial*>(self)->stop(DialFailure::kTimeout); }, this) {}

void Dial::stop(DialFailure why) noexcept {
  if (stopped_ != DialFailure::kNone) {
    return;
  }
  stopped_ = why;
  if (connection_ != nullptr) {
    connection_->cancel();
  }
}

Task<Dial::Outcome> Dial::run(const DialTarget& target) {
  wheel_.arm(deadline_, target.timeout);
  Endpoints endpoints = co_await resolver_.resolve(worker_, target.host, target.port);
  if (endpoints == nullptr) {
    failure_ = DialFailure::kName;
    detail_ = "no address for the backend's host";
    endpoints = std::make_shared<std::vector<Endpoint>>();
  }
  bool connected = false;
  for (const Endpoint& endpoint : *endpoints) {
    if (connected || stopped_ != DialFailure::kNone) {
      break;
    }
    connected = co_await connect(endpoint, target.tcp_keep_alive);
  }
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

Task<bool> Dial::connect(const Endpoint& endpoint, std::chrono::milliseconds keep_alive) {
  if (connection_ != nullptr) {
    co_await connection_->close();
    connection_.reset();
  }
  Socket socket(worker_);
  boost::system::error_code error;
  socket.open(endpoint.protocol(), error);
  if (error) {
    failure_ = error == boost::asio::error::no_descriptors ? DialFailure::kDescriptors
                                                           : DialFailure::kRefused;
    detail_ = error.message();
    co_return false;
  }
  set_stream_options(socket.native_handle(), keep_alive);
  connection_ = std::make_unique<Connection>(std::move(socket));
  Connecting connecting(connection_->socket(), endpoint);
  error = co_await connecting;
  if (error) {
    failure_ = DialFailure::kRefused;
    detail_ = error.message();
    co_return false;
  }
  co_return stopped_ == DialFailure::kNone;
}

Task<bool> Dial::secure(const DialTarget& target) {
  ssl_st* tls = target.tls->connect_on(connection_->socket().native_handle(), target.server_name,
                                       target.resumed);
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
      case HandshakeStep::kWantRead: woken = co_await connection.readable(); break;
      case HandshakeStep::kWantWrite: woken = co_await connection.writable(); break;
    }
    if (!woken) {
      co_return false;
    }
  }
}

}  // namespace penstock::net

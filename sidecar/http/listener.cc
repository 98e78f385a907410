#include "sidecar/http/listener.h"

#include <cerrno>

#include <boost/asio/ip/v6_only.hpp>
#include <sys/socket.h>

namespace penstock::http {
namespace {

constexpr int kBacklog = 4096;
constexpr int kBatch = 64;  // connections before others on this worker get their turn
// Without descriptors an accept would fail again at once: wait until somebody has closed one.
constexpr std::chrono::milliseconds kPause{20};

using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

Result<void> Listener::open(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const bool any = host.empty();
  const auto address =
      boost::asio::ip::make_address(any ? "::" : (host == "localhost" ? "127.0.0.1" : host), error);
  if (error) {
    return fail(ErrorCode::kInvalidConfig, "\"" + host + "\" is no IP address");
  }
  const boost::asio::ip::tcp::endpoint endpoint(address, port);
  const auto step = [&error](auto&& action) {
    if (!error) {
      action();
    }
  };
  step([&] { acceptor_.open(endpoint.protocol(), error); });
  step([&] { acceptor_.set_option(Acceptor::reuse_address(true), error); });
  step([&] { acceptor_.set_option(ReusePort(true), error); });
  step([&] {
    if (address.is_v6()) {
      acceptor_.set_option(boost::asio::ip::v6_only(!any), error);
    }
  });
  step([&] { acceptor_.bind(endpoint, error); });
  step([&] { acceptor_.listen(kBacklog, error); });
  step([&] { acceptor_.native_non_blocking(true, error); });
  if (error) {
    return fail(ErrorCode::kInvalidConfig,
                "cannot listen on port " + std::to_string(port) + ": " + error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void Listener::start(Accepted accepted) {
  accepted_ = std::move(accepted);
  accept();
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::accept() {
  acceptor_.async_wait(Acceptor::wait_read, [this](const boost::system::error_code& error) {
    if (!error && acceptor_.is_open()) {
      accept_ready();
    }
  });
}

void Listener::accept_ready() {
  for (int accepted = 0; accepted < kBatch; ++accepted) {
    net::Descriptor socket(
        ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.open()) {
      accepted_(std::move(socket));
      if (!acceptor_.is_open()) {
        return;
      }
      continue;
    }
    if (errno == EAGAIN) {
      break;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause_.expires_after(kPause);
      pause_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled && acceptor_.is_open()) {
          accept();
        }
      });
      return;
    }
    // A connection that went away while it was queued: the next one may be fine.
  }
  accept();
}

}  // namespace penstock::http

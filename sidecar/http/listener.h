#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "lib/net/descriptor.h"
#include "lib/net/io_context.h"
#include "lib/result/result.h"

namespace penstock::http {

// One listening socket of one worker. Several workers, and several processes, may listen on the
// same port: the kernel spreads connections over them.
//
// Threads: the worker's.
class Listener {
 public:
  using Accepted = std::function<void(net::Descriptor)>;  // connected, non-blocking

  explicit Listener(net::Executor worker) : acceptor_(worker), pause_(worker) {}

  // `host`: an address; "" for all of both families. Port 0 picks a free one, see port().
  Result<void> open(const std::string& host, std::uint16_t port);
  // Calls `accepted` for each connection until close().
  void start(Accepted accepted);
  // No connection is accepted any more; those in the kernel's queue are reset.
  void close();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::Executor>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        net::Executor>;

  void accept();
  void accept_ready();

  Acceptor acceptor_;
  Timer pause_;
  Accepted accepted_;
  std::uint16_t port_ = 0;
};

}  // namespace penstock::http

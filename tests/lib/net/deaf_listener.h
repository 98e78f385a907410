#pragma once

#include <array>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/net/descriptor.h"

namespace penstock::net {

inline sockaddr_in loopback(const char* address, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET, address, &at.sin_addr), 1);
  return at;
}

// Port 0: any.
inline Descriptor listen_on(const char* address, std::uint16_t port, int backlog = 8) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in at = loopback(address, port);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(::listen(socket.get(), backlog), 0);
  return socket;
}

// An address that answers no further connection, as that of a host that is gone: its queue is full
// and nobody empties it.
class DeafListener {
 public:
  explicit DeafListener(const char* address) : socket_(listen_on(address, 0, /*backlog=*/0)) {
    const sockaddr_in at = loopback(address, port());
    for (Descriptor& waiting : waiting_) {
      waiting = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
    }
  }

  [[nodiscard]] std::uint16_t port() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    return ntohs(at.sin_port);
  }

 private:
  Descriptor socket_;
  std::array<Descriptor, 3> waiting_;
};

}  // namespace penstock::net

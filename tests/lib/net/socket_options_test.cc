#include "lib/net/socket_options.h"

#include <array>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/net/descriptor.h"

namespace penstock::net {
namespace {

std::string congestion_control(int descriptor) {
  std::array<char, 16> name{};
  socklen_t size = name.size();
  EXPECT_EQ(::getsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size), 0);
  return name.data();
}

Descriptor new_socket(int family) {
  return Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

// What a socket is controlled by that was connected to `address`, and spared.
template <class Address>
std::string spared(Address address) {
  const int family = reinterpret_cast<const sockaddr&>(address).sa_family;
  const Descriptor listener = new_socket(family);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), any, size), 0) << std::strerror(errno);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), any, &size), 0);
  const Descriptor client = new_socket(family);
  EXPECT_EQ(::connect(client.get(), any, size), 0);
  spare_loopback(client.get());
  return congestion_control(client.get());
}

TEST(SpareLoopbackTest, LoopbackIsNotPaced) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 7);
  EXPECT_EQ(spared(v4), "reno");
}

TEST(SpareLoopbackTest, AnAddressOfTheOldKindOnASocketOfTheNewIsLoopback) {
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_addr = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}}};
  EXPECT_EQ(spared(mapped), "reno");
}

TEST(SpareLoopbackTest, WhatIsNotConnectedKeepsTheHosts) {
  const Descriptor socket = new_socket(AF_INET);
  const std::string before = congestion_control(socket.get());
  spare_loopback(socket.get());
  EXPECT_EQ(congestion_control(socket.get()), before);
}

}  // namespace
}  // namespace penstock::net

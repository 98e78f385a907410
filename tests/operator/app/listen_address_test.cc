#include "operator/app/listen_address.h"

#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "lib/net/descriptor.h"
#include "operator/app/health.h"

namespace penstock::control {
namespace {

// Whether this machine has `address` to listen on.
template <class Address>
bool has(Address address) {
  const net::Descriptor socket(
      ::socket(reinterpret_cast<sockaddr&>(address).sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return socket.open() &&
         ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

bool has_ipv6_loopback() {
  return has(sockaddr_in6{.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT});
}

// One that is free on all addresses.
int free_port() {
  const net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{.sin_family = AF_INET};
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

bool answers(const std::string& host, int port) {
  httplib::Client client(host, port);
  const httplib::Result result = client.Get("/healthz");
  return result && result->status == 200;
}

TEST(ListenAddressTest, ReadsAddressesOfBothFamilies) {
  const auto read = [](const std::string& text) {
    const Result<ListenAddress> address = parse_listen_address("--health", text);
    return address ? address->host + " " + std::to_string(address->port) : address.error().detail;
  };
  EXPECT_EQ(read("127.0.0.1:15030"), "127.0.0.1 15030");
  EXPECT_EQ(read("[::1]:15030"), "::1 15030");
  EXPECT_EQ(read("off"), " 0");
  for (const char* wrong : {"", "15030", ":", ":0", ":65536", ":x", "127.0.0.1", "127.0.0.1:1x"}) {
    EXPECT_EQ(read(wrong), "--health must be ADDR:PORT, or off") << wrong;
  }
}

// Where a cluster has addresses of one family only, probes come by that.
TEST(ListenAddressTest, APortAloneListensOnBothFamilies) {
  const int port = free_port();
  const Result<ListenAddress> address =
      parse_listen_address("--health", ":" + std::to_string(port));
  ASSERT_TRUE(address);
  Health health([] { return Readiness{.ready = true, .told = "ready"}; },
                [] { return std::string(); });
  ASSERT_TRUE(health.listen(address->host, address->port));
  EXPECT_TRUE(answers("127.0.0.1", port));
  if (has_ipv6_loopback()) {
    EXPECT_TRUE(answers("::1", port));
  }
}

}  // namespace
}  // namespace penstock::control

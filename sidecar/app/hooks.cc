#include "sidecar/app/hooks.h"

#include <array>
#include <iostream>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock/clock.h"
#include "lib/net/descriptor.h"

namespace penstock::app {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{20};
constexpr std::chrono::seconds kAnswerTime{5};

net::Descriptor connect_to(const ListenAddress& address) {
  const bool v6 = address.host.contains(':');
  net::Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = kAnswerTime.count(), .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  bool connected = false;
  if (v6) {
    sockaddr_in6 to{.sin6_family = AF_INET6, .sin6_port = htons(address.port)};
    connected = ::inet_pton(AF_INET6, address.host.c_str(), &to.sin6_addr) == 1 &&
                ::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  } else {
    sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(address.port)};
    connected = ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr) == 1 &&
                ::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  return connected ? std::move(socket) : net::Descriptor();
}

// Whether the admin listener answers the request with a status of 2xx.
bool ask(const ListenAddress& admin, std::string_view request_line) {
  const net::Descriptor socket = connect_to(admin);
  if (socket.get() < 0) {
    return false;
  }
  std::string text(request_line);
  text += " HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
  if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(text.size())) {
    return false;
  }
  constexpr std::string_view kGood = "HTTP/1.1 2";
  std::array<char, kGood.size()> answer{};
  const ssize_t got = ::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL);
  return got == static_cast<ssize_t>(kGood.size()) &&
         std::string_view(answer.data(), answer.size()) == kGood;
}

int wait_until_listening(const HookCommand& command) {
  const clock::RealClock clock;
  const clock::Instant end = clock.now() + command.at_most;
  while (!ask(command.admin, "GET /healthz")) {
    if (clock.now() >= end) {
      std::cerr << "penstock-sidecar: it does not listen yet\n";
      return 0;
    }
    ::poll(nullptr, 0, static_cast<int>(kBetweenTries.count()));
  }
  return 0;
}

}  // namespace

int run_hook(const HookCommand& command) {
  if (command.kind == HookCommand::Kind::kWait) {
    return wait_until_listening(command);
  }
  if (!ask(command.admin, "POST /drain")) {
    std::cerr << "penstock-sidecar: no sidecar answers on " << command.admin.text() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace penstock::app

#include "tests/bench/load/socket.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load/arguments.h"

namespace penstock::bench {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// Only these two may be missing: everything else here is of our own making.
std::string_view content_length_of(std::string_view head) {
  for (const std::string_view name : {"\r\ncontent-length: ", "\r\nContent-Length: "}) {
    const std::size_t at = head.find(name);
    if (at != std::string_view::npos) {
      const std::string_view rest = head.substr(at + name.size());
      return rest.substr(0, rest.find('\r'));
    }
  }
  return {};
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  close();
}

void Descriptor::close() {
  if (fd_ >= 0) {
    ::close(std::exchange(fd_, -1));
  }
}

Descriptor connect_to(std::uint16_t port) {
  Descriptor connection(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection.open()) {
    give_up(std::string("socket: ") + std::generic_category().message(errno));
  }
  no_delay(connection.get());
  const sockaddr_in address = loopback(port);
  const int result =
      connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (result != 0 && errno != EINPROGRESS) {
    give_up(std::string("connect: ") + std::generic_category().message(errno));
  }
  return connection;
}

Descriptor listen_on(std::uint16_t port) {
  Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in address = loopback(port);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), 4096) != 0) {
    give_up(std::string("listen: ") + std::generic_category().message(errno));
  }
  return listener;
}

Descriptor accept_from(const Descriptor& listener) {
  Descriptor connection(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection.open()) {
    no_delay(connection.get());
  }
  return connection;
}

std::int64_t send_some(const Descriptor& connection, std::string_view bytes) {
  const ssize_t sent = send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) {
    return sent;
  }
  return errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS ? 0 : -1;
}

std::int64_t read_some(const Descriptor& connection, std::span<char> into) {
  const ssize_t got = recv(connection.get(), into.data(), into.size(), 0);
  if (got > 0) {
    return got;
  }
  return got < 0 && errno == EAGAIN ? 0 : -1;
}

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

void Poller::add(int fd, std::uint32_t events, std::uint64_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Poller::change(int fd, std::uint32_t events, std::uint64_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

std::span<const epoll_event> Poller::wait_until(Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec timeout{.tv_sec = seconds.count(),
                         .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
  const int capacity = static_cast<int>(std::size(events_));
  const int ready = epoll_pwait2(epoll_.get(), events_, capacity, &timeout, nullptr);
  return std::span(events_).first(static_cast<std::size_t>(std::max(ready, 0)));
}

std::string wire_request(std::string_view path, std::string_view body) {
  std::string request = "POST ";
  request.append(path);
  request += " HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\nContent-Length: ";
  request += std::to_string(body.size());
  request += "\r\n\r\n";
  request.append(body);
  return request;
}

std::size_t message_length(std::string_view buffered) {
  const std::size_t head_end = buffered.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return 0;
  }
  const std::string_view digits = content_length_of(buffered.substr(0, head_end + 2));
  std::size_t body = 0;
  if (digits.empty() ||
      std::from_chars(digits.data(), digits.data() + digits.size(), body).ec != std::errc()) {
    give_up("a message without content-length");
  }
  const std::size_t total = head_end + 4 + body;
  return buffered.size() >= total ? total : 0;
}

}  // namespace penstock::bench

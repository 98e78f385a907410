#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/epoll.h>

namespace penstock::bench {

using Clock = std::chrono::steady_clock;

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

// A non-blocking connection to 127.0.0.1:port, TCP_NODELAY set; connected or still connecting.
// Gives up on failure.
Descriptor connect_to(std::uint16_t port);

// A non-blocking listener on 127.0.0.1:port with a long backlog. Gives up on failure.
Descriptor listen_on(std::uint16_t port);

// A non-blocking accepted connection, or a closed descriptor when none waits.
Descriptor accept_from(const Descriptor& listener);

// Bytes sent (possibly fewer), or -1 once the connection is dead.
std::int64_t send_some(const Descriptor& connection, std::string_view bytes);

// Bytes read; 0 when none are there yet; -1 at the end or on an error.
std::int64_t read_some(const Descriptor& connection, std::span<char> into);

// Level-triggered readiness, keyed by a number the caller chose.
class Poller {
 public:
  Poller();
  void add(int fd, std::uint32_t events, std::uint64_t key);
  void change(int fd, std::uint32_t events, std::uint64_t key);

  // What is ready now, or by `deadline`; empty when the deadline passed first. Precise to the timer
  // slack of the kernel, not to milliseconds.
  std::span<const epoll_event> wait_until(Clock::time_point deadline);

 private:
  Descriptor epoll_;
  epoll_event events_[512] = {};
};

// A request of the model API in wire form: POST path with a JSON body, keep-alive.
std::string wire_request(std::string_view path, std::string_view body);

// The bytes of a whole HTTP message at the start of `buffered` (head and content-length body); 0
// while incomplete. Gives up on a message without content-length: every peer here sends one.
std::size_t message_length(std::string_view buffered);

}  // namespace penstock::bench

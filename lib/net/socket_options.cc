#include "lib/net/socket_options.h"

#include <algorithm>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace penstock::net {

namespace {

int seconds_of(std::chrono::milliseconds time) {
  return std::max(1, static_cast<int>(std::chrono::ceil<std::chrono::seconds>(time).count()));
}

void probe(int descriptor, int idle, int interval) {
  const int on = 1;
  constexpr int kProbes = 4;
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof kProbes);
}

void send_at_once(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// 0: for as long as the kernel sends it again.
void limit_unacknowledged(int descriptor, std::chrono::milliseconds time) {
  const auto limit = static_cast<unsigned>(time.count());
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

}  // namespace

void set_stream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept {
  send_at_once(descriptor);
  if (keep_alive.count() > 0) {
    probe(descriptor, seconds_of(keep_alive), seconds_of(keep_alive));
  }
}

void set_upstream_options(int descriptor, std::chrono::milliseconds keep_alive) noexcept {
  send_at_once(descriptor);
  std::chrono::seconds unacknowledged = kUnacknowledgedMax;
  if (keep_alive.count() > 0) {
    // The limit below ends a silent connection at its first probe after it: room for three, so that
    // one that is lost ends nothing.
    constexpr int kIntervalMax = 10;
    const int idle = seconds_of(keep_alive);
    const int interval = std::min(idle, kIntervalMax);
    probe(descriptor, idle, interval);
    unacknowledged = std::max(unacknowledged, std::chrono::seconds(idle + 3 * interval));
  }
  limit_unacknowledged(descriptor, unacknowledged);
}

void wait_for_acknowledgement(int descriptor) noexcept {
  limit_unacknowledged(descriptor, std::chrono::seconds(0));
}

void reset_at_close(int descriptor) noexcept {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace penstock::net

#include "sidecar/http/upstream_pool.h"

namespace penstock::http {
namespace {

bool expired(const PooledConnection& connection, const resolve::UpstreamSettings& settings,
             clock::Instant now) {
  const auto idle_timeout =
      connection.origin.same_pod ? settings.pool_idle_timeout_same_pod : settings.pool_idle_timeout;
  return now - connection.idle_since >= idle_timeout ||
         now - connection.born >= settings.pool_age_max;
}

// Anything readable on an idle connection is the peer's good-bye or a broken peer. The event loop
// reports both; what it may not have seen yet is asked of the kernel, unless the connection was in
// use a moment ago. Over TLS what it reports may be no more than session tickets, or the end of the
// last answer: only a look tells, which takes those along.
bool reusable(const PooledConnection& connection, clock::Instant now) {
  constexpr std::chrono::milliseconds kMoment{5};
  const bool plain = connection.io->tls() == nullptr;
  if (plain && !connection.io->quiet()) {
    return false;
  }
  return (plain && now - connection.idle_since < kMoment) ||
         connection.io->peek() == net::IoState::kWouldBlock;
}

// What the event loop saw of an idle connection was its end, or made it useless.
bool ended(const PooledConnection& connection) {
  return !connection.io->quiet() &&
         (connection.io->tls() == nullptr || connection.io->peek() != net::IoState::kWouldBlock);
}

}  // namespace

UpstreamPool::Idle& UpstreamPool::idle_of(const Origin& origin) {
  if (idle_.size() <= origin.id) {
    idle_.resize(origin.id + 1);
  }
  return idle_[origin.id];
}

std::unique_ptr<PooledConnection> UpstreamPool::take(const Origin& origin,
                                                     const resolve::UpstreamSettings& settings,
                                                     clock::Instant now) {
  auto& connections = idle_of(origin).connections;
  while (!connections.empty()) {
    std::unique_ptr<PooledConnection> last = std::move(connections.back());
    connections.pop_back();
    if (!expired(*last, settings, now) && reusable(*last, now)) {
      return last;
    }
  }
  return nullptr;
}

void UpstreamPool::give_back(const Origin& origin, std::unique_ptr<PooledConnection> connection,
                             const resolve::UpstreamSettings& settings, clock::Instant now) {
  auto& connections = idle_of(origin).connections;
  if (connections.size() >= settings.pool_idle_max ||
      now - connection->born >= settings.pool_age_max) {
    return;
  }
  connection->idle_since = now;
  connections.push_back(std::move(connection));
}

void UpstreamPool::drop(const Origin& origin) {
  idle_of(origin).connections.clear();
}

net::TlsSession UpstreamPool::tls_session(const Origin& origin) {
  return net::share(idle_of(origin).session);
}

void UpstreamPool::keep_tls_session(const Origin& origin, net::Connection& connection) {
  if (connection.tls() == nullptr) {
    return;
  }
  if (net::TlsSession session = net::resumable_session(connection.tls())) {
    idle_of(origin).session = std::move(session);
  }
}

void UpstreamPool::sweep(const resolve::UpstreamSettings& settings, clock::Instant now) {
  for (Idle& idle : idle_) {
    std::erase_if(idle.connections, [&](const auto& connection) {
      return expired(*connection, settings, now) || ended(*connection);
    });
  }
}

}  // namespace penstock::http

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/net/connection.h"
#include "lib/net/tls.h"
#include "lib/resolve/resolved_policy.h"
#include "sidecar/http/origin.h"

namespace penstock::http {

// Counted with its origin, which lives as long as the process.
struct PooledConnection {
  explicit PooledConnection(const Origin& to) : origin(to) {
    origin.open_connections.fetch_add(1, std::memory_order_relaxed);
  }
  ~PooledConnection() { origin.open_connections.fetch_sub(1, std::memory_order_relaxed); }
  PooledConnection(const PooledConnection&) = delete;
  PooledConnection& operator=(const PooledConnection&) = delete;

  const Origin& origin;
  std::unique_ptr<net::Connection> io;
  clock::Instant born;
  clock::Instant idle_since;
};

// One worker's idle upstream connections, by origin: last in, first out, so that the surplus ages
// out.
//
// Threads: the worker's. Bounded by pool_idle_max an origin; sweep() ends what is idle or old for
// too long.
class UpstreamPool {
 public:
  // A connection that is still open as far as the kernel knows, or none.
  std::unique_ptr<PooledConnection> take(const Origin& origin,
                                         const resolve::UpstreamSettings& settings,
                                         clock::Instant now);

  // REQUIRES: nothing waits on it and no response byte is outstanding.
  void give_back(const Origin& origin, std::unique_ptr<PooledConnection> connection,
                 const resolve::UpstreamSettings& settings, clock::Instant now);

  // Ends every idle connection of the origin: one of them proved too old.
  void drop(const Origin& origin);

  // The session to resume TLS with, or nullptr; and the newest one to keep.
  [[nodiscard]] ssl_session_st* tls_session(const Origin& origin);
  void keep_tls_session(const Origin& origin, net::Connection& connection);

  void sweep(const resolve::UpstreamSettings& settings, clock::Instant now);
  void clear() { idle_.clear(); }

 private:
  struct Idle {
    std::vector<std::unique_ptr<PooledConnection>> connections;
    net::TlsSession session;
  };
  Idle& idle_of(const Origin& origin);

  std::vector<Idle> idle_;  // by origin id
};

}  // namespace penstock::http

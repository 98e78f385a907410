#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/net/connection.h"
#include "lib/net/tls.h"
#include "lib/resolve/resolved_policy.h"
#include "sidecar/http/origin.h"
#include "sidecar/request/worker_metrics.h"

namespace penstock::http {

// Counted for as long as it is open: with its origin, which lives as long as the process, and in
// its worker's metrics.
struct PooledConnection {
  // `backend`: the one that it was opened for; others of the same origin may use it later.
  PooledConnection(const Origin& to, std::string_view backend, request::WorkerMetrics& counts)
      : origin(to), metrics(counts) {
    origin.open_connections.fetch_add(1, std::memory_order_relaxed);
    metrics.upstream_opened(backend);
  }
  ~PooledConnection() {
    metrics.upstream_closed();
    origin.open_connections.fetch_sub(1, std::memory_order_relaxed);
  }
  PooledConnection(const PooledConnection&) = delete;
  PooledConnection& operator=(const PooledConnection&) = delete;

  const Origin& origin;
  request::WorkerMetrics& metrics;
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

  // The session to resume TLS with, or none; and the newest one to keep.
  [[nodiscard]] net::TlsSession tls_session(const Origin& origin);
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

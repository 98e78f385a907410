#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/task/event.h"
#include "lib/task/task.h"
#include "sidecar/http/worker_io.h"

namespace penstock::http {

// Carries bytes both ways between two connections until both directions ended, or nothing moved for
// `idle_limit`. A finished direction is passed on as a half-close.
class Tunnel {
 public:
  Tunnel(WorkerIo& io, net::Connection& client, net::Connection& upstream,
         std::chrono::milliseconds idle_limit);
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  // The arguments are what was read already, to go first. Run once; afterwards both connections are
  // to be closed.
  Task<> run(std::string from_client, std::string from_upstream);
  // Ends it now, whatever is on its way.
  void stop();

  [[nodiscard]] std::uint64_t bytes_to_upstream() const { return bytes_to_upstream_; }
  [[nodiscard]] std::uint64_t bytes_to_client() const { return bytes_to_client_; }

 private:
  Task<> carry(net::Connection& from, net::Connection& to, std::string first, std::uint64_t& bytes);
  void moved();

  WorkerIo& io_;
  net::Connection& client_;
  net::Connection& upstream_;
  const std::chrono::milliseconds idle_limit_;
  net::Deadline deadline_;
  Event returned_;
  std::uint64_t bytes_to_upstream_ = 0;
  std::uint64_t bytes_to_client_ = 0;
  bool stopped_ = false;
};

}  // namespace penstock::http

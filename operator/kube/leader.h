#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/kube/client.h"
#include "operator/kube/lease_election.h"

namespace penstock::kube {

enum class Leadership : std::uint8_t {
  kEnded,
  kBegun,
  kResumed,  // nobody else has held the Lease since it ended
};

// Keeps a LeaseElection going over the API. Threads: run() blocks its own; leads() from any.
class Leader {
 public:
  Leader(Client& client, const clock::Clock& clock, std::string ns, std::string name,
         std::string identity, LeaseTimes times = {});

  // Until `stop`; then the Lease is given back, so that another replica need not wait for its end.
  // `on_change` is told when leading begins and when it ends.
  void run(const std::stop_token& stop, const std::function<void(Leadership)>& on_change);

  [[nodiscard]] bool leads() const;

 private:
  void step();
  // REQUIRES: it has just become the leader
  Leadership begin();
  // How long a call of its own may hang. A server that is silent for longer is asked once more
  // while the Lease still holds, by another connection, which may lead to another server.
  [[nodiscard]] std::chrono::milliseconds patience() const;
  ApiResult<LeaseRecord> write(const LeaseRecord& wanted);
  void release();

  Client& client_;
  const clock::Clock& clock_;
  const std::string ns_;
  const std::string name_;
  mutable sync::Mutex mutex_;
  LeaseElection election_ PENSTOCK_GUARDED_BY(mutex_);
  std::optional<LeaseRecord> held_;  // what we wrote last; nothing: read it first
  std::string acquired_;             // when, by the Lease that we led by last; empty: never
};

}  // namespace penstock::kube

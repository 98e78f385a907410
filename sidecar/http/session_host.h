#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/net/tls.h"
#include "lib/resolve/resolved_policy.h"
#include "sidecar/http/origin.h"
#include "sidecar/http/worker_io.h"
#include "sidecar/pipeline/chain.h"

namespace penstock::http {

// Everything one worker runs a policy with. Requests pin the one they started with; a reload puts a
// new one beside.
//
// Threads: one worker's own.
struct Snapshot {
  std::shared_ptr<const resolve::ResolvedPolicy> policy;
  std::shared_ptr<const void> pinned;  // what the stages refer to
  pipeline::CallerChain caller_chain;
  pipeline::CallChain call_chain;
  std::vector<Upstream> upstreams;  // by index of policy->backends
  std::shared_ptr<const net::TlsContext> listener_tls;
};

// Process-wide counts that bound what all sessions take together. Threads: any.
struct SharedLimits {
  std::atomic<std::uint64_t> collected_bytes{0};
  std::atomic<std::uint32_t> connections{0};
  std::atomic<std::uint32_t> requests_in_flight{0};
  // From the descriptor limit; a policy may only go below.
  std::uint32_t connections_max = 0;
  std::uint32_t requests_in_flight_max = 0;
};

struct FlightLead;

// What a session needs of its worker.
class SessionHost {
 public:
  virtual ~SessionHost() = default;

  virtual WorkerIo& io() = 0;
  virtual SharedLimits& limits() = 0;
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  // True while the process drains: every answer is the last of its connection.
  [[nodiscard]] virtual bool draining() const = 0;
  // Starts the upstream call of a flight that `caller` leads; the host owns the run to its end.
  virtual void launch(const std::shared_ptr<const Snapshot>& snapshot,
                      request::CallerContext& caller, FlightLead& lead) = 0;
  // Where an HTTP/2 preface is passed on to (the engine of an injected pod); nullopt: answer 505.
  [[nodiscard]] virtual std::optional<std::uint32_t> http2_backend() const = 0;
};

}  // namespace penstock::http

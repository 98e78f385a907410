#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/signals/report.h"
#include "sidecar/request/metrics.h"
#include "sidecar/request/request_record.h"

namespace penstock::admin {

using WallTime = std::chrono::system_clock::time_point;

enum class Lifecycle : std::uint8_t {
  kStarting,  // no policy yet, or a listener is not open
  kReady,
  kDraining,  // takes no new connections; requests in flight go on
  kDrained,   // nothing is in flight any more; the process is about to end
};

struct ProcessStatus {
  std::string version;
  WallTime started_at;
  std::chrono::seconds uptime{0};
  std::uint32_t workers = 0;
  std::uint64_t resident_bytes = 0;
};

struct PolicyStatus {
  std::string name;  // "namespace/name"; empty: none was ever accepted
  std::string hash;
  std::string mode;              // as the resource spells it
  std::uint64_t generation = 0;  // grows with each accepted policy
  WallTime activated_at;
  // The newest attempt, when it was refused: the policy above is still the active one.
  std::string last_error;
  WallTime last_error_at;
};

struct CacheTierStatus {
  std::string name;
  std::uint64_t size_bytes = 0;  // the limit
  std::uint64_t used_bytes = 0;  // overhead included
  std::uint64_t entries = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stores = 0;
  std::uint64_t evictions = 0;
};

struct BackendStatus {
  std::string name;
  std::string url;                  // without credentials
  std::string dialect;              // "openai" or "anthropic"
  std::vector<std::string> models;  // empty: takes every model
  bool healthy = true;
  bool has_credentials = false;
  std::uint64_t open_connections = 0;  // to its address, idle ones included
};

// What the admin answers are made of. The process implements it; tests use a fake.
//
// Threads: called on the admin listener's thread; each call returns within about a millisecond and
// never waits for a worker.
class AdminSources {
 public:
  AdminSources() = default;
  virtual ~AdminSources() = default;
  AdminSources(const AdminSources&) = delete;
  AdminSources& operator=(const AdminSources&) = delete;

  virtual Lifecycle lifecycle() = 0;
  virtual ProcessStatus process() = 0;
  virtual PolicyStatus policy() = 0;
  virtual std::vector<BackendStatus> backends() = 0;
  virtual request::MetricTotals totals() = 0;
  virtual std::string metrics_text() = 0;  // Prometheus text format 0.0.4
  virtual signals::Report signals() = 0;

  virtual std::vector<CacheTierStatus> cache_tiers() = 0;
  // Removes one tenant's entries (named as in a request record), or all; gives how many there were.
  virtual std::uint64_t clear_cache(std::optional<std::string_view> tenant) = 0;

  // Appends at most `limit` records of all workers, newest first.
  virtual void recent_requests(std::size_t limit, std::vector<request::RequestRecord>& out) = 0;

  // Begins the drain; harmless when it has begun.
  virtual void start_drain() = 0;

  // The bearer that the status listener asks for; nullopt: none is mounted, and what needs it is
  // refused.
  virtual std::optional<std::string> status_token() = 0;
};

}  // namespace penstock::admin

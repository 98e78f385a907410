#pragma once

#include <cstdint>
#include <memory>

#include "lib/signals/report.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/registry.h"

namespace penstock::request {

class WorkerMetrics;

// Every metric of the sidecar's data path, by its exact name in the comment. Names, buckets and
// labels of the gen_ai_* ones are those of OpenTelemetry's GenAI conventions in Prometheus
// spelling: dots become underscores, the unit "s" becomes the suffix _seconds, the unit {token}
// leaves none.
struct MetricFamilies {
  explicit MetricFamilies(telemetry::Registry& registry);

  // What the model API did; calls that were answered without it are not in here.
  telemetry::Family token_usage;            // gen_ai_client_token_usage
  telemetry::Family server_duration;        // gen_ai_server_request_duration_seconds
  telemetry::Family time_to_first_token;    // gen_ai_server_time_to_first_token_seconds
  telemetry::Family time_per_output_token;  // gen_ai_server_time_per_output_token_seconds

  // What the client saw.
  telemetry::Family requests;            // penstock_requests_total{operation,status_class,cache}
  telemetry::Family request_duration;    // penstock_request_duration_seconds{operation,cache}
  telemetry::Family overhead;            // penstock_overhead_microseconds{cache}
  telemetry::Family requests_in_flight;  // penstock_requests_in_flight
  telemetry::Family connections;         // penstock_connections{side}
  telemetry::Family disconnects;         // penstock_disconnects_total{side}
  telemetry::Family rejected;            // penstock_rejected_total{reason}
  telemetry::Family tunnel_bytes;        // penstock_tunnel_bytes_total{direction}

  telemetry::Family cache_hits;          // penstock_cache_hits_total
  telemetry::Family cache_partial_hits;  // penstock_cache_partial_hits_total
  telemetry::Family cache_misses;        // penstock_cache_misses_total
  telemetry::Family cache_stores;        // penstock_cache_stores_total
  telemetry::Family cache_bypasses;      // penstock_cache_bypasses_total{reason}
  telemetry::Family coalesced;           // penstock_coalesced_requests_total

  // Counted in picodollars, shown in USD.
  telemetry::Family cost;             // penstock_cost_usd_total{backend,model}
  telemetry::Family saved_cost;       // penstock_saved_cost_usd_total{backend,model}
  telemetry::Family unpriced;         // penstock_unpriced_requests_total{reason}
  telemetry::Family usage_estimated;  // penstock_usage_estimated_total
  telemetry::Family tokens;           // penstock_tokens_total{type}
  telemetry::Family saved_tokens;     // penstock_saved_tokens_total{type}

  telemetry::Family requests_held;  // penstock_requests_held
  telemetry::Family hold_arrivals;  // penstock_hold_arrivals_total
  telemetry::Family held_requests;  // penstock_held_requests_total{outcome}

  telemetry::Family upstream_opened;   // penstock_upstream_connections_opened_total{backend}
  telemetry::Family upstream_reused;   // penstock_upstream_connections_reused_total{backend}
  telemetry::Family upstream_retries;  // penstock_upstream_retries_total{backend,reason}
  telemetry::Family upstream_errors;   // penstock_upstream_errors_total{backend,reason}

  // What an autoscaler goes by: model calls only, those that were refused at once as well.
  telemetry::Family model_requests_started;   // penstock_model_requests_started_total
  telemetry::Family model_requests_finished;  // penstock_model_requests_finished_total
  telemetry::Family model_request_errors;     // penstock_model_request_errors_total{side}
  telemetry::Family calls_started;            // penstock_upstream_calls_started_total
  telemetry::Family calls_finished;           // penstock_upstream_calls_finished_total
  // In microseconds, by signals::latency_bucket(), and their sum in the last cell.
  telemetry::Cells first_token_buckets;
  telemetry::Cells per_token_buckets;

  telemetry::Family reloads;  // penstock_reloads_total{result}
};

// The sums a dashboard starts with, since the process started.
struct MetricTotals {
  std::uint64_t requests = 0;
  std::int64_t requests_in_flight = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_partial_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t cache_bypasses = 0;
  std::uint64_t coalesced = 0;
  std::uint64_t tokens = 0;        // paid for
  std::uint64_t saved_tokens = 0;  // answered without the model
  std::uint64_t cost = 0;          // picodollars
  std::uint64_t saved_cost = 0;    // picodollars
  std::uint64_t unpriced = 0;
  telemetry::Distribution request_duration;     // seconds
  telemetry::Distribution time_to_first_token;  // seconds
  telemetry::Distribution overhead;             // microseconds
};

// Registers the data path's metrics once and gives each worker its part.
//
// Threads: any.
class Metrics {
 public:
  // `registry` outlives this and every WorkerMetrics.
  explicit Metrics(telemetry::Registry& registry);

  // For the one thread that will use it.
  [[nodiscard]] std::unique_ptr<WorkerMetrics> new_worker() const;

  // A policy was read again; `accepted` tells whether it is the active one now.
  void reloaded(bool accepted) PENSTOCK_EXCLUDES(mutex_);

  [[nodiscard]] MetricTotals totals() const;
  // Fills in what is counted here: all but the process and the engine.
  void fill(signals::Report& report) const;
  [[nodiscard]] telemetry::Registry& registry() const { return registry_; }

 private:
  telemetry::Registry& registry_;
  const MetricFamilies families_;
  sync::Mutex mutex_;
  // A shard has one writer; reloads come from wherever, one at a time.
  telemetry::Shard& shard_ PENSTOCK_GUARDED_BY(mutex_);
  telemetry::Series reloads_accepted_;
  telemetry::Series reloads_refused_;
};

}  // namespace penstock::request

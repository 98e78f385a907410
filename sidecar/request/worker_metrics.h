#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/telemetry/registry.h"
#include "sidecar/request/error_side.h"
#include "sidecar/request/known_models.h"
#include "sidecar/request/label_series.h"
#include "sidecar/request/metrics.h"
#include "sidecar/request/request_record.h"

namespace penstock::request {

// One worker's part of the metrics. Everything here is a few nanoseconds once a label set was seen;
// the first time takes the registry's mutex for about a microsecond.
//
// Threads: the worker's only.
class WorkerMetrics {
 public:
  WorkerMetrics(telemetry::Registry& registry, const MetricFamilies& families);

  // The models that get labels of their own from here on: those of the policy the worker now runs.
  void use_models(std::shared_ptr<const KnownModels> models);

  // Does everything that follows from one finished request: counts, durations, tokens, cost. Once a
  // request.
  void record(const RequestRecord& record);

  // What happens outside of, or before the end of, a request. Reasons are words of a closed set,
  // never client text.
  void request_started(bool model_call);
  void request_ended(bool model_call, ErrorSide side);
  // One model call to a model API, with all its attempts.
  void call_started() { shard_.add(calls_started_); }
  void call_finished() { shard_.add(calls_finished_); }
  void client_connected() { shard_.add(client_connections_); }
  void client_gone() { shard_.sub(client_connections_); }
  void rejected(std::string_view reason) { shard_.add(rejected_.find(reason)); }
  void tunnelled(std::uint64_t bytes_up, std::uint64_t bytes_down);
  void cache_stored() { shard_.add(cache_stores_); }
  void upstream_opened(std::string_view backend);
  void upstream_closed() { shard_.sub(upstream_connections_); }
  void upstream_reused(std::string_view backend) { shard_.add(upstream_reused_.find(backend)); }
  void upstream_retried(std::string_view backend, std::string_view reason);
  void upstream_failed(std::string_view backend, std::string_view reason);
  // A request that waits for its backend. `outcome`: a word of a closed set.
  void hold_began() {
    shard_.add(requests_held_);
    shard_.add(hold_arrivals_);
  }
  void hold_ended(std::string_view outcome) {
    shard_.sub(requests_held_);
    shard_.add(held_requests_.find(outcome));
  }
  void hold_refused() {
    shard_.add(hold_arrivals_);
    shard_.add(held_requests_.find("refused"));
  }

  [[nodiscard]] telemetry::Shard& shard() { return shard_; }

 private:
  static constexpr std::size_t kOperations = 11;
  static constexpr std::size_t kStatusClasses = 6;
  static constexpr std::size_t kCacheStates = 7;
  static constexpr std::size_t kCallSlots = 256;

  // The series of calls that are alike in operation, backend and models. A new tenant of the slot
  // replaces the old.
  struct CallSeries {
    std::uint64_t key = 0;  // 0: empty
    std::optional<telemetry::Series> duration;
    std::optional<telemetry::Series> first_token;
    std::optional<telemetry::Series> per_token;
    std::optional<telemetry::Series> tokens_in;
    std::optional<telemetry::Series> tokens_out;
    std::optional<telemetry::Series> cost;
    std::optional<telemetry::Series> saved_cost;
  };

  void record_seen_by_client(const RequestRecord& record);
  void record_cache(const RequestRecord& record);
  void record_latency(telemetry::Cells buckets, std::int64_t micros);
  void record_durations(const RequestRecord& record, CallSeries& call);
  void record_usage(const RequestRecord& record, CallSeries& call);
  void record_saved(const RequestRecord& record, CallSeries& call);
  CallSeries& call_series(const RequestRecord& record);
  std::uint64_t backend_index(std::string_view backend);
  telemetry::Series gen_ai_series(telemetry::Family family, const RequestRecord& record,
                                  std::optional<std::string_view> further) const;
  telemetry::Series money_series(telemetry::Family family, const RequestRecord& record) const;

  telemetry::Registry& registry_;
  const MetricFamilies families_;
  telemetry::Shard& shard_;
  std::shared_ptr<const KnownModels> models_;

  std::array<std::optional<telemetry::Series>, kOperations * kStatusClasses * kCacheStates>
      requests_;
  std::array<std::optional<telemetry::Series>, kOperations * kCacheStates> request_duration_;
  std::array<std::optional<telemetry::Series>, kCacheStates> overhead_;
  std::vector<CallSeries> calls_;
  std::vector<std::string> backends_;

  LabelSeries disconnects_;
  LabelSeries rejected_;
  LabelSeries bypasses_;
  LabelSeries unpriced_;
  LabelSeries upstream_opened_;
  LabelSeries upstream_reused_;
  LabelSeries held_requests_;
  LabelSeries tokens_;
  LabelSeries saved_tokens_;
  telemetry::Series in_flight_;
  telemetry::Series requests_held_;
  telemetry::Series hold_arrivals_;
  telemetry::Series model_requests_started_;
  telemetry::Series model_requests_finished_;
  LabelSeries model_request_errors_;
  telemetry::Series calls_started_;
  telemetry::Series calls_finished_;
  telemetry::Series client_connections_;
  telemetry::Series upstream_connections_;
  telemetry::Series tunnel_up_;
  telemetry::Series tunnel_down_;
  telemetry::Series cache_hits_;
  telemetry::Series cache_partial_hits_;
  telemetry::Series cache_misses_;
  telemetry::Series cache_stores_;
  telemetry::Series coalesced_;
  telemetry::Series usage_estimated_;
};

}  // namespace penstock::request

#include "sidecar/request/worker_metrics.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sidecar/request/request_labels.h"

namespace penstock::request {
namespace {

using std::chrono::duration;
using telemetry::Series;

double seconds(RequestTiming::Micros time) {
  return duration<double>(time).count();
}

// Counts are never negative; a broken answer must not wrap a counter.
std::uint64_t counted(std::int64_t n) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0));
}

// Whether the answer came from someone else's work, so that nothing was paid for it.
bool is_saved(const RequestRecord& record) {
  return record.cache == CacheState::kHit ||
         (record.cache == CacheState::kCollapsed && !record.paid);
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

std::size_t status_class_index(int status) {
  return status >= 100 && status < 600 ? static_cast<std::size_t>(status / 100) : 0;
}

// error.type of the conventions: our own word for it, else the status the provider sent.
std::string error_type(const RequestRecord& record) {
  return record.error.empty() ? std::to_string(record.status) : std::string(record.error.view());
}

bool is_error(const RequestRecord& record) {
  return !record.error.empty() || record.status >= 400;
}

template <class Make>
Series once(std::optional<Series>& known, Make make) {
  if (!known) {
    known = make();
  }
  return *known;
}

}  // namespace

WorkerMetrics::WorkerMetrics(telemetry::Registry& registry, const MetricFamilies& families)
    : registry_(registry),
      families_(families),
      shard_(registry.new_shard()),
      models_(std::make_shared<const KnownModels>()),
      calls_(kCallSlots),
      disconnects_(registry, families.disconnects),
      rejected_(registry, families.rejected),
      bypasses_(registry, families.cache_bypasses),
      unpriced_(registry, families.unpriced),
      upstream_opened_(registry, families.upstream_opened),
      upstream_reused_(registry, families.upstream_reused),
      held_requests_(registry, families.held_requests),
      tokens_(registry, families.tokens),
      saved_tokens_(registry, families.saved_tokens),
      in_flight_(registry.series(families.requests_in_flight, {})),
      requests_held_(registry.series(families.requests_held, {})),
      hold_arrivals_(registry.series(families.hold_arrivals, {})),
      model_requests_started_(registry.series(families.model_requests_started, {})),
      model_requests_finished_(registry.series(families.model_requests_finished, {})),
      model_request_errors_(registry, families.model_request_errors),
      calls_started_(registry.series(families.calls_started, {})),
      calls_finished_(registry.series(families.calls_finished, {})),
      client_connections_(registry.series(families.connections, {"downstream"})),
      upstream_connections_(registry.series(families.connections, {"upstream"})),
      tunnel_up_(registry.series(families.tunnel_bytes, {"up"})),
      tunnel_down_(registry.series(families.tunnel_bytes, {"down"})),
      cache_hits_(registry.series(families.cache_hits, {})),
      cache_partial_hits_(registry.series(families.cache_partial_hits, {})),
      cache_misses_(registry.series(families.cache_misses, {})),
      cache_stores_(registry.series(families.cache_stores, {})),
      coalesced_(registry.series(families.coalesced, {})),
      usage_estimated_(registry.series(families.usage_estimated, {})) {}

void WorkerMetrics::use_models(std::shared_ptr<const KnownModels> models) {
  models_ = std::move(models);
  // Their keys hold indices into what was before.
  std::ranges::fill(calls_, CallSeries{});
  backends_.clear();
}

void WorkerMetrics::record(const RequestRecord& record) {
  record_seen_by_client(record);
  record_cache(record);
  if (!domain::is_model_call(record.endpoint.operation)) {
    return;
  }
  if (is_saved(record)) {
    record_saved(record, call_series(record));
  } else if (!record.backend.empty()) {
    CallSeries& call = call_series(record);
    if (record.cache != CacheState::kCollapsed) {
      record_durations(record, call);  // else they would count from when this caller joined
    }
    record_usage(record, call);
  }
}

void WorkerMetrics::record_seen_by_client(const RequestRecord& record) {
  const auto operation = static_cast<std::size_t>(record.endpoint.operation);
  const auto cache = static_cast<std::size_t>(record.cache);
  const std::size_t status = status_class_index(record.status);
  const std::string_view cache_label = label(record.cache);
  const std::string_view operation_label = label(record.endpoint.operation);

  std::optional<Series>& requests =
      requests_[(operation * kStatusClasses + status) * kCacheStates + cache];
  shard_.add(once(requests, [&] {
    return registry_.series(families_.requests,
                            {std::string(operation_label), std::string(status_class(record.status)),
                             std::string(cache_label)});
  }));
  if (record.timing.total != RequestTiming::kUnmeasured) {
    std::optional<Series>& total = request_duration_[operation * kCacheStates + cache];
    const Series series = once(total, [&] {
      return registry_.series(families_.request_duration,
                              {std::string(operation_label), std::string(cache_label)});
    });
    shard_.observe(series, seconds(record.timing.total));
  }
  if (record.timing.overhead != RequestTiming::kUnmeasured) {
    const Series series = once(overhead_[cache], [&] {
      return registry_.series(families_.overhead, {std::string(cache_label)});
    });
    shard_.observe(series, static_cast<double>(record.timing.overhead.count()));
  }
  if (record.disconnect != Disconnect::kNone) {
    shard_.add(disconnects_.find(label(record.disconnect)));
  }
}

void WorkerMetrics::record_cache(const RequestRecord& record) {
  switch (record.cache) {
    case CacheState::kNone: break;
    case CacheState::kBypass: shard_.add(bypasses_.find(record.bypass_reason.view())); break;
    case CacheState::kMiss:
    case CacheState::kExpired: shard_.add(cache_misses_); break;
    case CacheState::kHit: shard_.add(cache_hits_); break;
    case CacheState::kPartial: shard_.add(cache_partial_hits_); break;
    case CacheState::kCollapsed: shard_.add(coalesced_); break;
  }
}

void WorkerMetrics::record_latency(telemetry::Cells buckets, std::int64_t micros) {
  const std::uint64_t value = counted(micros);
  shard_.add(buckets, signals::latency_bucket(value));
  shard_.add(buckets, signals::kLatencyBuckets, value);
}

void WorkerMetrics::record_durations(const RequestRecord& record, CallSeries& call) {
  const RequestTiming& timing = record.timing;
  if (timing.upstream != RequestTiming::kUnmeasured) {
    // Errors are rare enough to ask the registry each time.
    const Series series =
        is_error(record)
            ? gen_ai_series(families_.server_duration, record, error_type(record))
            : once(call.duration, [&] {
                return gen_ai_series(families_.server_duration, record, std::string_view());
              });
    shard_.observe(series, seconds(timing.upstream));
  }
  if (!is_success(record.status) || timing.first_token == RequestTiming::kUnmeasured) {
    return;
  }
  shard_.observe(
      once(call.first_token,
           [&] { return gen_ai_series(families_.time_to_first_token, record, std::nullopt); }),
      seconds(timing.first_token));
  record_latency(families_.first_token_buckets, timing.first_token.count());
  const std::int64_t further_tokens = record.usage_known ? record.usage.output - 1 : 0;
  if (further_tokens > 0 && timing.total > timing.first_token) {
    const Series series = once(call.per_token, [&] {
      return gen_ai_series(families_.time_per_output_token, record, std::nullopt);
    });
    const RequestTiming::Micros further_time = timing.total - timing.first_token;
    shard_.observe(series, seconds(further_time) / static_cast<double>(further_tokens));
    record_latency(families_.per_token_buckets, further_time.count() / further_tokens);
  }
}

void WorkerMetrics::record_usage(const RequestRecord& record, CallSeries& call) {
  if (!record.unpriced_reason.empty()) {
    shard_.add(unpriced_.find(record.unpriced_reason.view()));
  }
  if (record.cost_known) {
    const Series series = once(call.cost, [&] { return money_series(families_.cost, record); });
    shard_.add(series, counted(record.cost));
  }
  if (record.saved_cost > 0) {
    record_saved(record, call);  // embeddings that were partly in the cache
  }
  if (record.saved_tokens > 0) {
    shard_.add(saved_tokens_.find("input"), counted(record.saved_tokens));
  }
  if (!record.usage_known) {
    return;
  }
  const domain::TokenUsage& usage = record.usage;
  const Series tokens_in =
      once(call.tokens_in, [&] { return gen_ai_series(families_.token_usage, record, "input"); });
  const Series tokens_out =
      once(call.tokens_out, [&] { return gen_ai_series(families_.token_usage, record, "output"); });
  shard_.observe(tokens_in, static_cast<double>(usage.input_total()));
  shard_.observe(tokens_out, static_cast<double>(usage.output));
  shard_.add(tokens_.find("input"), counted(usage.input_uncached));
  shard_.add(tokens_.find("cache_read"), counted(usage.cache_read));
  shard_.add(tokens_.find("cache_write"), counted(usage.cache_write_5m + usage.cache_write_1h));
  shard_.add(tokens_.find("output"), counted(usage.output));
  if (usage.estimated) {
    shard_.add(usage_estimated_);
  }
}

void WorkerMetrics::record_saved(const RequestRecord& record, CallSeries& call) {
  if (record.saved_cost > 0) {
    const Series series =
        once(call.saved_cost, [&] { return money_series(families_.saved_cost, record); });
    shard_.add(series, counted(record.saved_cost));
  }
  if (is_saved(record) && record.usage_known) {
    shard_.add(saved_tokens_.find("input"), counted(record.usage.input_total()));
    shard_.add(saved_tokens_.find("output"), counted(record.usage.output));
  }
}

WorkerMetrics::CallSeries& WorkerMetrics::call_series(const RequestRecord& record) {
  const std::uint64_t key =
      (1ULL << 63U) | (backend_index(record.backend.view()) << 52U) |
      (static_cast<std::uint64_t>(record.endpoint.operation) << 48U) |
      (static_cast<std::uint64_t>(models_->index(record.model.view())) << 24U) |
      models_->index(record.response_model.view());
  // Fibonacci hashing: the upper bits of a product with 2^64 / golden ratio are well mixed.
  const std::uint64_t mixed = key * 0x9E3779B97F4A7C15ULL;
  CallSeries& slot = calls_[mixed >> 56U];
  if (slot.key != key) {
    slot = CallSeries{.key = key};
  }
  return slot;
}

std::uint64_t WorkerMetrics::backend_index(std::string_view backend) {
  constexpr std::size_t kBackendsMax = 2047;  // fits the key; those beyond share the last index
  const auto known = std::ranges::find(backends_, backend);
  if (known == backends_.end() && backends_.size() < kBackendsMax) {
    backends_.emplace_back(backend);
    return backends_.size() - 1;
  }
  return static_cast<std::uint64_t>(known - backends_.begin());
}

Series WorkerMetrics::gen_ai_series(telemetry::Family family, const RequestRecord& record,
                                    std::optional<std::string_view> further) const {
  std::vector<std::string> values = {std::string(gen_ai_operation(record.endpoint.operation)),
                                     std::string(label(record.endpoint.dialect)),
                                     models_->name(models_->index(record.model.view())),
                                     models_->name(models_->index(record.response_model.view()))};
  if (further) {
    values.emplace_back(*further);
  }
  return registry_.series(family, values);
}

Series WorkerMetrics::money_series(telemetry::Family family, const RequestRecord& record) const {
  return registry_.series(family, {std::string(record.backend.view()),
                                   models_->name(models_->index(record.model.view()))});
}

}  // namespace penstock::request

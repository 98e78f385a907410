#include "sidecar/request/metrics.h"

#include <array>
#include <string>
#include <vector>

#include "sidecar/request/worker_metrics.h"

namespace penstock::request {
namespace {

using telemetry::Registry;

// Buckets that the conventions advise, one list a metric.
constexpr std::array kTokenBuckets = {1.0,       4.0,       16.0,       64.0,      256.0,
                                      1024.0,    4096.0,    16384.0,    65536.0,   262144.0,
                                      1048576.0, 4194304.0, 16777216.0, 67108864.0};
constexpr std::array kDurationBuckets = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                         1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array kFirstTokenBuckets = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                           0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
constexpr std::array kPerTokenBuckets = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                         0.3,  0.4,   0.5,  0.75,  1.0, 2.5};

// Ours: a hit takes tens of microseconds, a long stream minutes.
constexpr std::array kRequestBuckets = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                        0.01,    0.025,  0.05,    0.1,    0.25,  0.5,    1.0,
                                        2.5,     5.0,    10.0,    30.0,   60.0,  120.0,  300.0};
constexpr std::array kOverheadBuckets = {5.0,    10.0,    20.0,    35.0,    50.0,   75.0,
                                         100.0,  150.0,   250.0,   500.0,   1000.0, 2500.0,
                                         5000.0, 10000.0, 25000.0, 100000.0};

constexpr double kPicodollarsPerUsd = 1e12;

std::vector<std::string> gen_ai_labels(const char* further = nullptr) {
  std::vector<std::string> labels = {"gen_ai_operation_name", "gen_ai_provider_name",
                                     "gen_ai_request_model", "gen_ai_response_model"};
  if (further != nullptr) {
    labels.emplace_back(further);
  }
  return labels;
}

}  // namespace

MetricFamilies::MetricFamilies(Registry& r)
    : token_usage(r.histogram("gen_ai_client_token_usage",
                              "Number of input and output tokens used.",
                              gen_ai_labels("gen_ai_token_type"), kTokenBuckets)),
      server_duration(r.histogram("gen_ai_server_request_duration_seconds",
                                  "Time until the last byte of the model API's answer.",
                                  gen_ai_labels("error_type"), kDurationBuckets)),
      time_to_first_token(r.histogram("gen_ai_server_time_to_first_token_seconds",
                                      "Time to generate the first token of successful answers.",
                                      gen_ai_labels(), kFirstTokenBuckets)),
      time_per_output_token(
          r.histogram("gen_ai_server_time_per_output_token_seconds",
                      "Time per output token after the first one of successful answers.",
                      gen_ai_labels(), kPerTokenBuckets)),
      requests(r.counter("penstock_requests_total", "Requests that ended.",
                         {"operation", "status_class", "cache"}, 512)),
      request_duration(r.histogram("penstock_request_duration_seconds",
                                   "Request read to answer written, as the client saw it.",
                                   {"operation", "cache"}, kRequestBuckets)),
      overhead(r.histogram(
          "penstock_overhead_microseconds",
          "Time of a request that was not spent waiting for the model API or the client.",
          {"cache"}, kOverheadBuckets)),
      requests_in_flight(r.level("penstock_requests_in_flight", "Requests being served now.", {})),
      connections(r.level("penstock_connections", "Open connections.", {"side"})),
      disconnects(r.counter("penstock_disconnects_total",
                            "Requests that one side left before the answer was complete.",
                            {"side"})),
      rejected(r.counter("penstock_rejected_total",
                         "Connections and requests refused by a limit or rule.", {"reason"})),
      tunnel_bytes(r.counter("penstock_tunnel_bytes_total", "Bytes of upgraded connections.",
                             {"direction"})),
      cache_hits(r.counter("penstock_cache_hits_total", "Answers from the cache.", {})),
      cache_partial_hits(r.counter("penstock_cache_partial_hits_total",
                                   "Embedding calls partly answered from the cache.", {})),
      cache_misses(r.counter("penstock_cache_misses_total",
                             "Cacheable requests that had to ask the model API.", {})),
      cache_stores(r.counter("penstock_cache_stores_total", "Answers put into the cache.", {})),
      cache_bypasses(
          r.counter("penstock_cache_bypasses_total", "Requests that are not cached.", {"reason"})),
      coalesced(r.counter("penstock_coalesced_requests_total",
                          "Requests answered by another one's call to the model API.", {})),
      cost(r.scaled_counter("penstock_cost_usd_total", "Price of the tokens used, in USD.",
                            {"backend", "model"}, kPicodollarsPerUsd)),
      saved_cost(r.scaled_counter("penstock_saved_cost_usd_total",
                                  "Price of the tokens not used thanks to cache and coalescing.",
                                  {"backend", "model"}, kPicodollarsPerUsd)),
      unpriced(r.counter("penstock_unpriced_requests_total",
                         "Requests whose cost is unknown; never counted as 0.", {"reason"})),
      usage_estimated(r.counter("penstock_usage_estimated_total",
                                "Requests whose tokens were estimated from bytes.", {})),
      tokens(r.counter("penstock_tokens_total", "Tokens used, by disjoint classes.", {"type"})),
      saved_tokens(r.counter("penstock_saved_tokens_total",
                             "Tokens not used thanks to cache and coalescing.", {"type"})),
      requests_held(
          r.level("penstock_requests_held", "Requests that wait for a backend to be there.", {})),
      hold_arrivals(r.counter("penstock_hold_arrivals_total",
                              "Requests that came to wait for a backend, and found room or none.",
                              {})),
      held_requests(r.counter("penstock_held_requests_total",
                              "Requests that waited for a backend, by how that ended.",
                              {"outcome"})),
      upstream_opened(r.counter("penstock_upstream_connections_opened_total",
                                "New connections to a model API.", {"backend"})),
      upstream_reused(r.counter("penstock_upstream_connections_reused_total",
                                "Calls on a connection that was open already.", {"backend"})),
      upstream_retries(r.counter("penstock_upstream_retries_total", "Calls that were repeated.",
                                 {"backend", "reason"})),
      upstream_errors(
          r.counter("penstock_upstream_errors_total", "Calls that failed.", {"backend", "reason"})),
      model_requests_started(r.counter("penstock_model_requests_started_total",
                                       "Model calls that clients began.", {})),
      model_requests_finished(r.counter("penstock_model_requests_finished_total",
                                        "Model calls of clients that ended.", {})),
      model_request_errors(r.counter("penstock_model_request_errors_total",
                                     "Model calls of clients that failed, by who is at fault.",
                                     {"side"})),
      calls_started(r.counter("penstock_upstream_calls_started_total",
                              "Model calls that went on to a model API.", {})),
      calls_finished(r.counter("penstock_upstream_calls_finished_total",
                               "Model calls that went on to a model API and ended.", {})),
      first_token_buckets(r.cells(signals::kLatencyBuckets + 1)),
      per_token_buckets(r.cells(signals::kLatencyBuckets + 1)),
      reloads(r.counter("penstock_reloads_total", "Policies read again.", {"result"})) {}

Metrics::Metrics(Registry& registry)
    : registry_(registry),
      families_(registry),
      shard_(registry.new_shard()),
      reloads_accepted_(registry.series(families_.reloads, {"accepted"})),
      reloads_refused_(registry.series(families_.reloads, {"refused"})) {}

std::unique_ptr<WorkerMetrics> Metrics::new_worker() const {
  return std::make_unique<WorkerMetrics>(registry_, families_);
}

void Metrics::reloaded(bool accepted) {
  const sync::MutexLock lock(mutex_);
  shard_.add(accepted ? reloads_accepted_ : reloads_refused_);
}

MetricTotals Metrics::totals() const {
  const auto total = [this](telemetry::Family family) { return registry_.total(family); };
  return MetricTotals{
      .requests = total(families_.requests),
      .requests_in_flight = static_cast<std::int64_t>(total(families_.requests_in_flight)),
      .cache_hits = total(families_.cache_hits),
      .cache_partial_hits = total(families_.cache_partial_hits),
      .cache_misses = total(families_.cache_misses),
      .cache_bypasses = total(families_.cache_bypasses),
      .coalesced = total(families_.coalesced),
      .tokens = total(families_.tokens),
      .saved_tokens = total(families_.saved_tokens),
      .cost = total(families_.cost),
      .saved_cost = total(families_.saved_cost),
      .unpriced = total(families_.unpriced),
      .request_duration = registry_.distribution(families_.request_duration),
      .time_to_first_token = registry_.distribution(families_.time_to_first_token),
      .overhead = registry_.distribution(families_.overhead)};
}

}  // namespace penstock::request

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "lib/signals/report_json.h"
#include "lib/telemetry/registry.h"
#include "sidecar/request/metrics.h"
#include "sidecar/request/recent_requests.h"
#include "sidecar/request/request_record_json.h"
#include "sidecar/request/worker_metrics.h"

namespace penstock {
namespace {

using request::RequestRecord;
using std::chrono::microseconds;

RequestRecord chat() {
  RequestRecord record;
  record.id = "0af7651916cd43dd";
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.endpoint = {domain::Dialect::kOpenAi, domain::Operation::kChat};
  record.model = "gpt-4o";
  record.response_model = "gpt-4o-2024-08-06";
  record.backend = "openai";
  record.tenant = "0123456789abcdef";
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  record.policy_hash = "0af7651916cd43dd8448eb211c80319c";
  record.status = 200;
  record.stream = true;
  record.cache = request::CacheState::kMiss;
  record.timing = {.queue = microseconds(2),
                   .cache = microseconds(9),
                   .connect = request::RequestTiming::kUnmeasured,
                   .first_byte = microseconds(230'000),
                   .first_token = microseconds(231'000),
                   .upstream = microseconds(1'230'000),
                   .total = microseconds(1'230'060),
                   .overhead = microseconds(60)};
  record.usage = {.input_uncached = 800, .cache_read = 200, .output = 120};
  record.usage_known = true;
  record.cost = 5'000'000;
  record.cost_known = true;
  return record;
}

void add_to_counter(benchmark::State& state) {
  telemetry::Registry registry;
  const telemetry::Series series = registry.series(registry.counter("c_total", "C.", {}), {});
  telemetry::Shard& shard = registry.new_shard();
  for (auto _ : state) {
    shard.add(series);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(add_to_counter);

void observe_in_16_buckets(benchmark::State& state) {
  constexpr std::array kBounds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                  0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
  telemetry::Registry registry;
  const telemetry::Series series = registry.series(registry.histogram("h", "H.", {}, kBounds), {});
  telemetry::Shard& shard = registry.new_shard();
  double value = 0;
  for (auto _ : state) {
    value = value > 12 ? 0 : value + 0.37;
    shard.observe(series, value);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(observe_in_16_buckets);

void record_one_request(benchmark::State& state) {
  telemetry::Registry registry;
  const request::Metrics metrics(registry);
  const std::unique_ptr<request::WorkerMetrics> worker = metrics.new_worker();
  worker->use_models(
      std::make_shared<const request::KnownModels>(std::vector<std::string>{"gpt-4o", "claude"}));
  const RequestRecord record = chat();
  for (auto _ : state) {
    worker->record(record);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(record_one_request);

void keep_one_request(benchmark::State& state) {
  request::RecentRequests recent(200);
  const RequestRecord record = chat();
  for (auto _ : state) {
    recent.add(record);
  }
}
BENCHMARK(keep_one_request);

void write_one_log_line(benchmark::State& state) {
  const RequestRecord record = chat();
  std::string line;
  for (auto _ : state) {
    line.clear();
    request::append_json(line, record);
    benchmark::DoNotOptimize(line.data());
  }
  state.counters["bytes"] = static_cast<double>(line.size());
}
BENCHMARK(write_one_log_line);

// A day of one engine in a few dozen buckets, from two workers.
signals::Report busy_report(const request::Metrics& metrics) {
  signals::Report report{.start_id = "0af7651916cd43dd"};
  report.uptime_ms = 86'400'000;
  metrics.fill(report);
  report.engine = signals::EngineLoad{.name = "vllm",
                                      .age_ms = 412,
                                      .kv_usage = 0.4375,
                                      .kv_capacity_tokens = 432'000,
                                      .running = 16,
                                      .waiting = 2,
                                      .preemptions = 7};
  return report;
}

void run_a_day(request::WorkerMetrics& worker) {
  RequestRecord record = chat();
  for (int i = 0; i < 2'000; ++i) {
    record.timing.first_token = microseconds(60'000 + 500 * i);
    record.timing.total = record.timing.first_token + microseconds(1'200'000 + 5'000 * i);
    worker.record(record);
    worker.request_started(true);
    worker.call_started();
    worker.call_finished();
    worker.request_ended(true, request::ErrorSide::kNone);
  }
}

void write_signals(benchmark::State& state) {
  telemetry::Registry registry;
  const request::Metrics metrics(registry);
  const std::unique_ptr<request::WorkerMetrics> one = metrics.new_worker();
  const std::unique_ptr<request::WorkerMetrics> other = metrics.new_worker();
  run_a_day(*one);
  run_a_day(*other);
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = signals::to_json(busy_report(metrics)).size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(write_signals);

void read_signals(benchmark::State& state) {
  telemetry::Registry registry;
  const request::Metrics metrics(registry);
  const std::unique_ptr<request::WorkerMetrics> worker = metrics.new_worker();
  run_a_day(*worker);
  const std::string text = signals::to_json(busy_report(metrics));
  for (auto _ : state) {
    benchmark::DoNotOptimize(signals::read_report(text));
  }
}
BENCHMARK(read_signals);

void scrape(benchmark::State& state) {
  telemetry::Registry registry;
  const request::Metrics metrics(registry);
  std::vector<std::unique_ptr<request::WorkerMetrics>> workers;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(metrics.new_worker());
    workers.back()->record(chat());
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(registry.render().size());
  }
}
BENCHMARK(scrape);

}  // namespace
}  // namespace penstock

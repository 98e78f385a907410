#include "tests/fakes/metrics_reference.h"

#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "lib/telemetry/process.h"
#include "sidecar/request/metrics.h"
#include "sidecar/request/worker_metrics.h"

namespace penstock::request {
namespace {

// Makes every metric of the data path appear.
void exercise(WorkerMetrics& worker, Metrics& metrics) {
  RequestRecord record;
  record.endpoint.operation = domain::Operation::kChat;
  record.backend = "b";
  record.status = 200;
  record.timing.total = record.timing.upstream = std::chrono::microseconds(9);
  record.timing.first_token = record.timing.overhead = std::chrono::microseconds(3);
  record.usage = {.input_uncached = 5, .output = 2, .estimated = true};
  record.usage_known = record.cost_known = true;
  record.cost = record.saved_cost = 1;
  record.unpriced_reason = "r";
  record.disconnect = Disconnect::kDownstream;
  for (const CacheState state : {CacheState::kMiss, CacheState::kBypass, CacheState::kHit}) {
    record.cache = state;
    worker.record(record);
  }
  worker.request_ended(/*model_call=*/true, ErrorSide::kClient);
  worker.rejected("r");
  worker.upstream_opened("b");
  worker.upstream_reused("b");
  worker.upstream_retried("b", "r");
  worker.upstream_failed("b", "r");
  worker.hold_began();
  worker.hold_ended("r");
  metrics.reloaded(true);
}

TEST(MetricsReferenceTest, ListsExactlyTheMetricsThereAre) {
  telemetry::Registry registry;
  Metrics metrics(registry);
  const std::unique_ptr<WorkerMetrics> worker = metrics.new_worker();
  const auto process = telemetry::process_gauges(registry, "0", 0);
  exercise(*worker, metrics);
  EXPECT_EQ(fakes::documented_metrics("Sidecars"), fakes::metrics_of(registry.render()));
}

}  // namespace
}  // namespace penstock::request

#include "sidecar/request/metrics.h"

#include <chrono>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/request/worker_metrics.h"

namespace penstock::request {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() {
    worker_->use_models(
        std::make_shared<const KnownModels>(std::vector<std::string>{"gpt-4o", "claude"}));
  }

  static RequestRecord chat() {
    RequestRecord record;
    record.endpoint = {domain::Dialect::kOpenAi, domain::Operation::kChat};
    record.model = "gpt-4o";
    record.response_model = "gpt-4o-2024-08-06";  // not listed
    record.backend = "openai";
    record.status = 200;
    record.cache = CacheState::kMiss;
    record.timing.total = milliseconds(1100);
    record.timing.upstream = milliseconds(1000);
    record.timing.first_token = milliseconds(100);
    record.timing.overhead = microseconds(30);
    record.usage = {.input_uncached = 80, .cache_read = 20, .output = 11};
    record.usage_known = true;
    record.cost = 5'000'000;
    record.cost_known = true;
    return record;
  }

  // Sample line without its value -> value.
  std::map<std::string, double> scrape() const {
    std::map<std::string, double> samples;
    std::istringstream text(registry_.render());
    for (std::string line; std::getline(text, line);) {
      if (!line.starts_with('#')) {
        const std::size_t space = line.rfind(' ');
        samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
      }
    }
    return samples;
  }
  double sample(const std::string& name) const {
    const auto samples = scrape();
    const auto found = samples.find(name);
    return found == samples.end() ? -1 : found->second;
  }

  telemetry::Registry registry_;
  Metrics metrics_{registry_};
  std::unique_ptr<WorkerMetrics> worker_ = metrics_.new_worker();
};

constexpr const char* kCall =
    R"(gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o",)"
    R"(gen_ai_response_model="other")";

TEST_F(MetricsTest, OneCallCountsEverythingThatFollowsFromIt) {
  worker_->record(chat());
  const auto samples = scrape();
  const std::string call = kCall;
  EXPECT_EQ(
      samples.at(R"(penstock_requests_total{operation="chat",status_class="2xx",cache="miss"})"),
      1);
  EXPECT_EQ(samples.at("penstock_cache_misses_total"), 1);
  EXPECT_EQ(samples.at("gen_ai_client_token_usage_sum{" + call + R"(,gen_ai_token_type="input"})"),
            100);
  EXPECT_EQ(samples.at("gen_ai_client_token_usage_sum{" + call + R"(,gen_ai_token_type="output"})"),
            11);
  EXPECT_EQ(samples.at("gen_ai_server_request_duration_seconds_sum{" + call + R"(,error_type=""})"),
            1);
  EXPECT_EQ(samples.at("gen_ai_server_time_to_first_token_seconds_sum{" + call + "}"), 0.1);
  // 1.1 s less 0.1 s, over the 10 tokens after the first.
  EXPECT_EQ(samples.at("gen_ai_server_time_per_output_token_seconds_sum{" + call + "}"), 0.1);
  EXPECT_EQ(samples.at(R"(penstock_request_duration_seconds_sum{operation="chat",cache="miss"})"),
            1.1);
  EXPECT_EQ(samples.at(R"(penstock_overhead_microseconds_bucket{cache="miss",le="35"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_overhead_microseconds_bucket{cache="miss",le="20"})"), 0);
  EXPECT_EQ(samples.at(R"(penstock_cost_usd_total{backend="openai",model="gpt-4o"})"), 5e-6);
  EXPECT_EQ(samples.at(R"(penstock_tokens_total{type="input"})"), 80);
  EXPECT_EQ(samples.at(R"(penstock_tokens_total{type="cache_read"})"), 20);
  EXPECT_EQ(samples.at(R"(penstock_tokens_total{type="output"})"), 11);
}

TEST_F(MetricsTest, BucketsAreThoseOfTheConventions) {
  worker_->record(chat());
  const std::string call = kCall;
  const auto samples = scrape();
  const auto expect_bounds = [&](const std::string& name, const std::string& labels,
                                 const std::vector<std::string>& bounds) {
    std::size_t found = 0;
    for (const auto& [line, value] : samples) {
      found += line.starts_with(name + "_bucket{" + labels) ? 1U : 0U;
    }
    EXPECT_EQ(found, bounds.size() + 1) << name;
    for (const std::string& bound : bounds) {
      EXPECT_TRUE(samples.contains(name + "_bucket{" + labels + ",le=\"" + bound + "\"}")) << bound;
    }
  };
  expect_bounds("gen_ai_client_token_usage", call + R"(,gen_ai_token_type="input")",
                {"1", "4", "16", "64", "256", "1024", "4096", "16384", "65536", "262144", "1048576",
                 "4194304", "16777216", "67108864"});
  expect_bounds("gen_ai_server_request_duration_seconds", call + R"(,error_type="")",
                {"0.01", "0.02", "0.04", "0.08", "0.16", "0.32", "0.64", "1.28", "2.56", "5.12",
                 "10.24", "20.48", "40.96", "81.92"});
  expect_bounds("gen_ai_server_time_to_first_token_seconds", call,
                {"0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25", "0.5",
                 "0.75", "1", "2.5", "5", "7.5", "10"});
  expect_bounds("gen_ai_server_time_per_output_token_seconds", call,
                {"0.01", "0.025", "0.05", "0.075", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5",
                 "0.75", "1", "2.5"});
}

TEST_F(MetricsTest, AModelThatIsNotListedIsOther) {
  RequestRecord record = chat();
  record.model = "anything a client may write";
  worker_->record(record);
  EXPECT_EQ(registry_.render().find("anything"), std::string::npos);
  EXPECT_EQ(sample(R"(penstock_cost_usd_total{backend="openai",model="other"})"), 5e-6);
}

TEST_F(MetricsTest, NewModelsGetTheirLabelsFromThenOn) {
  RequestRecord record = chat();
  record.model = "claude";
  worker_->record(record);
  // "claude" moves from index 2 to 1, which was "gpt-4o" before.
  worker_->use_models(std::make_shared<const KnownModels>(std::vector<std::string>{"claude"}));
  worker_->record(record);
  worker_->record(chat());
  EXPECT_EQ(sample(R"(penstock_cost_usd_total{backend="openai",model="claude"})"), 10e-6);
  EXPECT_EQ(sample(R"(penstock_cost_usd_total{backend="openai",model="other"})"), 5e-6);
  EXPECT_EQ(sample(R"(penstock_cost_usd_total{backend="openai",model="gpt-4o"})"), -1);
}

TEST_F(MetricsTest, AHitSavesAndCostsNothing) {
  RequestRecord record = chat();
  record.cache = CacheState::kHit;
  record.cost = 0;
  record.saved_cost = 5'000'000;
  worker_->record(record);
  record.cache = CacheState::kCollapsed;
  worker_->record(record);
  EXPECT_EQ(sample("penstock_cache_hits_total"), 1);
  EXPECT_EQ(sample("penstock_coalesced_requests_total"), 1);
  EXPECT_EQ(sample(R"(penstock_saved_cost_usd_total{backend="openai",model="gpt-4o"})"), 10e-6);
  EXPECT_EQ(sample(R"(penstock_saved_tokens_total{type="input"})"), 200);
  EXPECT_EQ(sample(R"(penstock_saved_tokens_total{type="output"})"), 22);
  // The model API did nothing.
  EXPECT_EQ(registry_.render().find("gen_ai_"), std::string::npos);
  EXPECT_EQ(registry_.render().find("penstock_cost_usd_total"), std::string::npos);
}

// The one that paid in place of a caller that had left.
TEST_F(MetricsTest, OneOfTheCollapsedMayCost) {
  RequestRecord record = chat();
  record.cache = CacheState::kCollapsed;
  record.paid = true;
  worker_->record(record);
  EXPECT_EQ(sample("penstock_coalesced_requests_total"), 1);
  EXPECT_EQ(sample(R"(penstock_cost_usd_total{backend="openai",model="gpt-4o"})"), 5e-6);
  EXPECT_EQ(sample(R"(penstock_tokens_total{type="output"})"), 11);
  EXPECT_EQ(sample(R"(penstock_saved_tokens_total{type="output"})"), -1);
  EXPECT_EQ(registry_.render().find("gen_ai_server_time_to_first_token"), std::string::npos)
      << "it counts from another request's begin";
}

TEST_F(MetricsTest, APartialHitCostsAndSaves) {
  RequestRecord record = chat();
  record.cache = CacheState::kPartial;
  record.saved_cost = 2'000'000;
  record.saved_tokens = 30;
  worker_->record(record);
  EXPECT_EQ(sample(R"(penstock_cost_usd_total{backend="openai",model="gpt-4o"})"), 5e-6);
  EXPECT_EQ(sample(R"(penstock_saved_cost_usd_total{backend="openai",model="gpt-4o"})"), 2e-6);
  EXPECT_EQ(sample(R"(penstock_tokens_total{type="input"})"), 80);
  EXPECT_EQ(sample(R"(penstock_saved_tokens_total{type="input"})"), 30);
  EXPECT_EQ(sample(R"(penstock_saved_tokens_total{type="output"})"), -1);
}

TEST_F(MetricsTest, FailuresCarryTheirType) {
  RequestRecord record = chat();
  record.status = 429;
  record.usage_known = false;
  record.cost_known = false;
  worker_->record(record);
  record.status = 502;
  record.error = "upstream_failed";
  worker_->record(record);
  const std::string call = kCall;
  EXPECT_EQ(
      sample("gen_ai_server_request_duration_seconds_count{" + call + R"(,error_type="429"})"), 1);
  EXPECT_EQ(sample("gen_ai_server_request_duration_seconds_count{" + call +
                   R"(,error_type="upstream_failed"})"),
            1);
  EXPECT_EQ(registry_.render().find("first_token"), std::string::npos);
  EXPECT_EQ(registry_.render().find("token_usage"), std::string::npos);
}

TEST_F(MetricsTest, UnknownCostIsCountedAsUnknown) {
  RequestRecord record = chat();
  record.cost_known = false;
  record.unpriced_reason = "no_price";
  record.usage.estimated = true;
  worker_->record(record);
  EXPECT_EQ(sample(R"(penstock_unpriced_requests_total{reason="no_price"})"), 1);
  EXPECT_EQ(sample("penstock_usage_estimated_total"), 1);
  EXPECT_EQ(registry_.render().find("penstock_cost_usd_total{"), std::string::npos);
}

TEST_F(MetricsTest, OpaqueCallsAreCountedWithoutTokens) {
  RequestRecord record;
  record.endpoint.operation = domain::Operation::kFiles;
  record.backend = "openai";
  record.status = 404;
  record.timing.total = milliseconds(3);
  worker_->record(record);
  EXPECT_EQ(sample(R"(penstock_requests_total{operation="files",status_class="4xx",cache="none"})"),
            1);
  EXPECT_EQ(registry_.render().find("gen_ai_"), std::string::npos);
}

TEST_F(MetricsTest, OneTokenHasNoTimePerFurtherToken) {
  RequestRecord record = chat();
  record.usage.output = 1;
  worker_->record(record);
  EXPECT_EQ(registry_.render().find("per_output_token"), std::string::npos);
}

TEST_F(MetricsTest, ABypassNamesItsReasonAndALeavingSideIsCounted) {
  RequestRecord record = chat();
  record.cache = CacheState::kBypass;
  record.bypass_reason = "no_store";
  record.disconnect = Disconnect::kDownstream;
  record.status = 0;
  worker_->record(record);
  EXPECT_EQ(sample(R"(penstock_cache_bypasses_total{reason="no_store"})"), 1);
  EXPECT_EQ(sample(R"(penstock_disconnects_total{side="downstream"})"), 1);
  EXPECT_EQ(
      sample(R"(penstock_requests_total{operation="chat",status_class="none",cache="bypass"})"), 1);
}

TEST_F(MetricsTest, ManyKindsOfCallsShareTheSlotsWithoutMixing) {
  // 200 kinds meet in 256 slots; each must still land in its own series.
  std::vector<std::string> models;
  for (int i = 0; i < 40; ++i) {
    models.push_back("m" + std::to_string(i));
  }
  worker_->use_models(std::make_shared<const KnownModels>(models));
  RequestRecord record = chat();
  for (int round = 0; round < 3; ++round) {
    for (int backend = 0; backend < 5; ++backend) {
      for (const std::string& model : models) {
        record.model = model;
        record.backend = "b" + std::to_string(backend);
        record.cost = backend + 1;
        worker_->record(record);
      }
    }
  }
  const auto samples = scrape();
  for (int backend = 0; backend < 5; ++backend) {
    for (const std::string& model : models) {
      const std::string labels =
          R"({backend="b)" + std::to_string(backend) + R"(",model=")" + model + "\"}";
      EXPECT_NEAR(samples.at("penstock_cost_usd_total" + labels), 3e-12 * (backend + 1), 1e-20)
          << labels;
    }
  }
}

TEST_F(MetricsTest, EventsOutsideOfRequests) {
  worker_->request_started(/*model_call=*/true);
  worker_->request_started(/*model_call=*/false);
  worker_->request_ended(/*model_call=*/true, ErrorSide::kNone);
  worker_->client_connected();
  worker_->rejected("connections");
  worker_->tunnelled(10, 20);
  worker_->cache_stored();
  worker_->upstream_opened("openai");
  worker_->upstream_reused("openai");
  worker_->upstream_retried("openai", "stale_connection");
  worker_->upstream_failed("openai", "connect");
  metrics_.reloaded(true);
  metrics_.reloaded(false);
  metrics_.reloaded(false);
  const auto samples = scrape();
  EXPECT_EQ(samples.at("penstock_requests_in_flight"), 1);
  EXPECT_EQ(samples.at(R"(penstock_connections{side="downstream"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_connections{side="upstream"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_rejected_total{reason="connections"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_tunnel_bytes_total{direction="up"})"), 10);
  EXPECT_EQ(samples.at(R"(penstock_tunnel_bytes_total{direction="down"})"), 20);
  EXPECT_EQ(samples.at("penstock_cache_stores_total"), 1);
  EXPECT_EQ(samples.at(R"(penstock_upstream_connections_opened_total{backend="openai"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_upstream_connections_reused_total{backend="openai"})"), 1);
  EXPECT_EQ(
      samples.at(R"(penstock_upstream_retries_total{backend="openai",reason="stale_connection"})"),
      1);
  EXPECT_EQ(samples.at(R"(penstock_upstream_errors_total{backend="openai",reason="connect"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_reloads_total{result="accepted"})"), 1);
  EXPECT_EQ(samples.at(R"(penstock_reloads_total{result="refused"})"), 2);
}

TEST_F(MetricsTest, TotalsAreOverAllWorkersAndLabels) {
  const std::unique_ptr<WorkerMetrics> other = metrics_.new_worker();
  worker_->record(chat());
  RequestRecord hit = chat();
  hit.cache = CacheState::kHit;
  hit.saved_cost = 7;
  other->record(hit);
  other->request_started(true);
  const MetricTotals totals = metrics_.totals();
  EXPECT_EQ(totals.requests, 2U);
  EXPECT_EQ(totals.requests_in_flight, 1);
  EXPECT_EQ(totals.cache_hits, 1U);
  EXPECT_EQ(totals.cache_misses, 1U);
  EXPECT_EQ(totals.tokens, 111U);
  EXPECT_EQ(totals.saved_tokens, 111U);
  EXPECT_EQ(totals.cost, 5'000'000U);
  EXPECT_EQ(totals.saved_cost, 7U);
  EXPECT_EQ(totals.request_duration.count(), 2U);
}

TEST(KnownModelsTest, IndicesAreStableAndUnknownIsOther) {
  const KnownModels models({"a", "b", "a"});
  EXPECT_EQ(models.index("a"), 1U);
  EXPECT_EQ(models.index("b"), 2U);
  EXPECT_EQ(models.index("c"), KnownModels::kOther);
  EXPECT_EQ(models.index(""), KnownModels::kOther);
  EXPECT_EQ(models.name(2), "b");
  EXPECT_EQ(models.name(KnownModels::kOther), "other");
}

}  // namespace
}  // namespace penstock::request

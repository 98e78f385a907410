#include "sidecar/admin/answers_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "sidecar/request/json_text.h"
#include "sidecar/request/request_record_json.h"

namespace penstock::admin {
namespace {

using Json = nlohmann::ordered_json;

// Never throws: text that is not UTF-8 (a backend's name, an error) is replaced.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string time_text(WallTime time) {
  std::string out;
  request::append_time(out, time);
  return out;
}

std::string usd_text(std::uint64_t picodollars) {
  std::string out;
  request::append_usd(out, static_cast<std::int64_t>(picodollars));
  return out;
}

Json policy_object(const PolicyStatus& policy) {
  Json json = {{"active", !policy.name.empty()}, {"generation", policy.generation}};
  if (!policy.name.empty()) {
    json["name"] = policy.name;
    json["hash"] = policy.hash;
    json["mode"] = policy.mode;
    json["activatedAt"] = time_text(policy.activated_at);
  }
  if (!policy.last_error.empty()) {
    json["lastError"] = {{"message", policy.last_error}, {"at", time_text(policy.last_error_at)}};
  }
  return json;
}

Json cache_object(const std::vector<CacheTierStatus>& tiers) {
  Json list = Json::array();
  for (const CacheTierStatus& tier : tiers) {
    list.push_back({{"name", tier.name},
                    {"sizeBytes", tier.size_bytes},
                    {"usedBytes", tier.used_bytes},
                    {"entries", tier.entries},
                    {"hits", tier.hits},
                    {"misses", tier.misses},
                    {"stores", tier.stores},
                    {"evictions", tier.evictions}});
  }
  return {{"enabled", !tiers.empty()}, {"tiers", std::move(list)}};
}

Json quantiles(const telemetry::Distribution& seen) {
  return {{"count", seen.count()},
          {"p50", seen.quantile(0.5)},
          {"p95", seen.quantile(0.95)},
          {"p99", seen.quantile(0.99)}};
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string_view label(Lifecycle lifecycle) {
  switch (lifecycle) {
    case Lifecycle::kStarting: return "starting";
    case Lifecycle::kReady: return "ready";
    case Lifecycle::kDraining: return "draining";
    case Lifecycle::kDrained: return "drained";
  }
  return "starting";
}

std::string error_json(std::string_view code, std::string_view message) {
  return text_of({{"error", {{"code", code}, {"message", message}}}});
}

std::string status_json(std::string_view status) {
  return text_of({{"status", status}});
}

std::string cleared_json(std::uint64_t entries) {
  return text_of({{"clearedEntries", entries}});
}

std::string policy_json(const PolicyStatus& policy) {
  return text_of(policy_object(policy));
}

std::string cache_json(const std::vector<CacheTierStatus>& tiers) {
  return text_of(cache_object(tiers));
}

std::string backends_json(const std::vector<BackendStatus>& backends) {
  Json list = Json::array();
  for (const BackendStatus& backend : backends) {
    list.push_back({{"name", backend.name},
                    {"url", backend.url},
                    {"dialect", backend.dialect},
                    {"models", backend.models},
                    {"healthy", backend.healthy},
                    {"hasCredentials", backend.has_credentials},
                    {"openConnections", backend.open_connections}});
  }
  return text_of({{"backends", std::move(list)}});
}

// The items are those of the access log, by the same writer.
std::string requests_json(const std::vector<request::RequestRecord>& records) {
  std::string out = R"({"requests":[)";
  for (const request::RequestRecord& record : records) {
    if (&record != &records.front()) {
      out += ',';
    }
    request::append_json(out, record);
  }
  out += "]}";
  return out;
}

std::string summary_json(const ProcessStatus& process, Lifecycle lifecycle,
                         const PolicyStatus& policy, const std::vector<CacheTierStatus>& tiers,
                         const request::MetricTotals& totals) {
  const std::uint64_t answered_without_model = totals.cache_hits + totals.coalesced;
  const std::uint64_t cacheable =
      answered_without_model + totals.cache_partial_hits + totals.cache_misses;
  const Json json = {
      {"process",
       {{"version", process.version},
        {"status", label(lifecycle)},
        {"startedAt", time_text(process.started_at)},
        {"uptimeSeconds", process.uptime.count()},
        {"workers", process.workers},
        {"residentBytes", process.resident_bytes}}},
      {"policy", policy_object(policy)},
      {"requests", {{"total", totals.requests}, {"inFlight", totals.requests_in_flight}}},
      {"cache",
       {{"hits", totals.cache_hits},
        {"partialHits", totals.cache_partial_hits},
        {"misses", totals.cache_misses},
        {"bypasses", totals.cache_bypasses},
        {"coalesced", totals.coalesced},
        {"savedShare", share(answered_without_model, cacheable)},
        {"tiers", cache_object(tiers)["tiers"]}}},
      {"tokens", {{"used", totals.tokens}, {"saved", totals.saved_tokens}}},
      {"cost",
       {{"usedUsd", usd_text(totals.cost)},
        {"savedUsd", usd_text(totals.saved_cost)},
        {"unpricedRequests", totals.unpriced}}},
      {"latency",
       {{"requestSeconds", quantiles(totals.request_duration)},
        {"timeToFirstTokenSeconds", quantiles(totals.time_to_first_token)},
        {"overheadMicroseconds", quantiles(totals.overhead)}}}};
  return text_of(json);
}

}  // namespace penstock::admin

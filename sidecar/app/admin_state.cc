#include "sidecar/app/admin_state.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/digest/hashing.h"
#include "lib/telemetry/process.h"
#include "sidecar/app/version.h"

namespace penstock::app {
namespace {

// Sixteen hexadecimal digits that no other process has had.
std::string new_start_id() {
  std::array<char, 16> digits;
  digits.fill('0');
  std::array<char, 16> number;
  const auto end =
      std::to_chars(number.data(), number.data() + number.size(), digest::random_seed(), 16).ptr;
  std::copy_backward(number.data(), end, digits.end());
  return {digits.begin(), digits.end()};
}

}  // namespace

AdminState::AdminState(const clock::Clock& clock, const request::Metrics& metrics,
                       const PolicySource& source, TierSet& tiers,
                       const std::vector<std::unique_ptr<Worker>>& workers, EngineWatch& engine,
                       std::function<void()> start_drain)
    : clock_(clock),
      metrics_(metrics),
      source_(source),
      tiers_(tiers),
      workers_(workers),
      engine_(engine),
      start_drain_(std::move(start_drain)),
      start_id_(new_start_id()),
      started_(clock.now()),
      started_at_(clock.wall_now()) {}

void AdminState::set_policy(std::shared_ptr<const ActivePolicy> policy) {
  policy_ = std::move(policy);
  activated_at_ = clock_.wall_now();
}

admin::ProcessStatus AdminState::process() {
  return {
      .version = std::string(version()),
      .started_at = started_at_,
      .uptime = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall_now() - started_at_),
      .workers = static_cast<std::uint32_t>(workers_.size()),
      .resident_bytes = static_cast<std::uint64_t>(telemetry::resident_memory_bytes())};
}

signals::Report AdminState::signals() {
  signals::Report report{.start_id = start_id_};
  report.uptime_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - started_).count();
  metrics_.fill(report);
  report.engine = engine_.look();
  return report;
}

admin::PolicyStatus AdminState::policy() {
  const PolicyStatus read = source_.status();
  admin::PolicyStatus status;
  status.name = read.name;
  status.hash = read.hash;
  status.generation = read.reloads;
  status.last_error = read.last_error;
  status.last_error_at = refused_at_;
  status.activated_at = activated_at_;
  status.mode =
      policy_ != nullptr && policy_->policy->mode == resolve::Mode::kOff ? "Off" : "Enforce";
  return status;
}

std::vector<admin::BackendStatus> AdminState::backends() {
  std::vector<admin::BackendStatus> all;
  if (policy_ == nullptr) {
    return all;
  }
  for (std::size_t i = 0; i < policy_->policy->backends.size(); ++i) {
    const resolve::Backend& backend = policy_->policy->backends[i];
    admin::BackendStatus status;
    status.name = backend.name;
    status.healthy = policy_->backend_board->healthy(i);
    status.open_connections = policy_->upstreams[i].origin->open_connections;
    const std::string host = backend.host.contains(':') ? "[" + backend.host + "]" : backend.host;
    status.url = (backend.https ? "https://" : "http://") + host + ":" +
                 std::to_string(backend.port) + backend.base_path;
    status.dialect = backend.dialect == resolve::DialectName::kAnthropic ? "anthropic" : "openai";
    for (const resolve::BackendModel& model : backend.models) {
      status.models.push_back(model.name);
    }
    status.has_credentials = backend.credentials.has_value();
    all.push_back(std::move(status));
  }
  return all;
}

std::vector<admin::CacheTierStatus> AdminState::cache_tiers() {
  std::vector<admin::CacheTierStatus> all;
  for (const TierSet::Named& named : tiers_.tiers()) {
    const ports::CacheTierStats stats = named.tier->stats();
    all.push_back({.name = named.settings.name,
                   .size_bytes = stats.capacity_bytes,
                   .used_bytes = stats.bytes,
                   .entries = stats.entries,
                   .hits = stats.hits(),
                   .misses = stats.misses,
                   .stores = stats.inserted,
                   .evictions = stats.evictions});
  }
  return all;
}

std::uint64_t AdminState::clear_cache(std::optional<std::string_view> tenant) {
  constexpr std::size_t kTenantDigits = 16;
  std::uint64_t cleared = 0;
  std::uint64_t hash = 0;
  if (tenant) {
    const char* end = tenant->data() + tenant->size();
    const auto read = std::from_chars(tenant->data(), end, hash, 16);
    if (tenant->size() != kTenantDigits || read.ptr != end) {
      return 0;  // nobody's name; 0 itself is everybody without one
    }
  }
  for (const TierSet::Named& named : tiers_.tiers()) {
    cleared += tenant ? named.tier->clear_tenant(hash) : named.tier->clear();
  }
  return cleared;
}

void AdminState::recent_requests(std::size_t limit, std::vector<request::RequestRecord>& out) {
  std::vector<request::RequestRecord> all;
  for (const auto& worker : workers_) {
    worker->recent().copy_newest(limit, all);
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.started_at > b.started_at; });
  all.resize(std::min(all.size(), limit));
  out.insert(out.end(), all.begin(), all.end());
}

}  // namespace penstock::app

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/admin/admin_sources.h"

namespace penstock::fakes {

// Gives what the test put into its public members, and keeps what was asked of it.
class FakeAdminSources final : public admin::AdminSources {
 public:
  admin::Lifecycle lifecycle() override { return state; }
  admin::ProcessStatus process() override { return process_status; }
  admin::PolicyStatus policy() override { return policy_status; }
  std::vector<admin::BackendStatus> backends() override { return backend_list; }
  request::MetricTotals totals() override { return metric_totals; }
  std::string metrics_text() override { return metrics; }
  signals::Report signals() override { return signals_report; }
  std::vector<admin::CacheTierStatus> cache_tiers() override { return tiers; }
  std::uint64_t clear_cache(std::optional<std::string_view> tenant) override {
    cleared.push_back(tenant ? std::string(*tenant) : "<all>");
    return 7;
  }
  void recent_requests(std::size_t limit, std::vector<request::RequestRecord>& out) override {
    const std::size_t count = std::min(limit, records.size());
    out.insert(out.end(), records.begin(), records.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void start_drain() override {
    if (state == admin::Lifecycle::kReady) {
      state = admin::Lifecycle::kDraining;
    }
  }
  std::optional<std::string> status_token() override { return token; }

  admin::Lifecycle state = admin::Lifecycle::kReady;
  admin::ProcessStatus process_status;
  admin::PolicyStatus policy_status;
  std::vector<admin::BackendStatus> backend_list;
  request::MetricTotals metric_totals;
  std::string metrics;
  signals::Report signals_report{.start_id = "0123456789abcdef"};
  std::vector<admin::CacheTierStatus> tiers;
  std::vector<request::RequestRecord> records;  // newest first
  std::optional<std::string> token;
  std::vector<std::string> cleared;
};

}  // namespace penstock::fakes

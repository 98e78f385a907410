#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/admin/admin_sources.h"

// The bodies of the admin answers. Keys are camelCase, times RFC 3339 in UTC, amounts decimal
// strings in USD.
namespace penstock::admin {

[[nodiscard]] std::string error_json(std::string_view code, std::string_view message);
[[nodiscard]] std::string status_json(std::string_view status);
[[nodiscard]] std::string cleared_json(std::uint64_t entries);
[[nodiscard]] std::string policy_json(const PolicyStatus& policy);
[[nodiscard]] std::string cache_json(const std::vector<CacheTierStatus>& tiers);
[[nodiscard]] std::string backends_json(const std::vector<BackendStatus>& backends);
[[nodiscard]] std::string requests_json(const std::vector<request::RequestRecord>& records);
[[nodiscard]] std::string summary_json(const ProcessStatus& process, Lifecycle lifecycle,
                                       const PolicyStatus& policy,
                                       const std::vector<CacheTierStatus>& tiers,
                                       const request::MetricTotals& totals);

[[nodiscard]] std::string_view label(Lifecycle lifecycle);

}  // namespace penstock::admin

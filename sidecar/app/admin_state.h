#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "sidecar/admin/admin_sources.h"
#include "sidecar/app/engine_watch.h"
#include "sidecar/app/policy_source.h"
#include "sidecar/app/status_token.h"
#include "sidecar/app/tier_set.h"
#include "sidecar/app/worker.h"
#include "sidecar/request/metrics.h"

namespace penstock::app {

// What the status and admin listeners tell about this process.
//
// Threads: the main thread, on which the server also changes what is shown.
class AdminState final : public admin::AdminSources {
 public:
  AdminState(const clock::Clock& clock, const request::Metrics& metrics, const PolicySource& source,
             TierSet& tiers, const std::vector<std::unique_ptr<Worker>>& workers,
             EngineWatch& engine, std::function<void()> start_drain);

  void set_lifecycle(admin::Lifecycle lifecycle) { lifecycle_ = lifecycle; }
  void set_policy(std::shared_ptr<const ActivePolicy> policy);
  void policy_refused() { refused_at_ = clock_.wall_now(); }
  void set_status_token(StatusToken token) { status_token_ = std::move(token); }

  admin::Lifecycle lifecycle() override { return lifecycle_; }
  admin::ProcessStatus process() override;
  admin::PolicyStatus policy() override;
  std::vector<admin::BackendStatus> backends() override;
  request::MetricTotals totals() override { return metrics_.totals(); }
  std::string metrics_text() override { return metrics_.registry().render(); }
  signals::Report signals() override;
  std::vector<admin::CacheTierStatus> cache_tiers() override;
  std::uint64_t clear_cache(std::optional<std::string_view> tenant) override;
  void recent_requests(std::size_t limit, std::vector<request::RequestRecord>& out) override;
  void start_drain() override { start_drain_(); }
  std::optional<std::string> status_token() override { return status_token_.now(); }

 private:
  const clock::Clock& clock_;
  const request::Metrics& metrics_;
  const PolicySource& source_;
  TierSet& tiers_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  EngineWatch& engine_;
  std::function<void()> start_drain_;
  admin::Lifecycle lifecycle_ = admin::Lifecycle::kStarting;
  std::shared_ptr<const ActivePolicy> policy_;
  const std::string start_id_;
  const clock::Instant started_;
  clock::WallTime started_at_;
  clock::WallTime activated_at_;
  clock::WallTime refused_at_;
  StatusToken status_token_;
};

}  // namespace penstock::app

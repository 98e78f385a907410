#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/resources.h"
#include "lib/result/result.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/registry.h"
#include "operator/app/decision_file.h"
#include "operator/controllers/autoscaling_controller.h"

namespace penstock::control {

// What becomes of the autoscaler's decisions outside the cluster: metrics of each policy, and lines
// of JSON that `replay` makes again.
// Threads: any.
class AutoscalingReports final : public controllers::AutoscalingObserver {
 public:
  // A decision that is like the one before is written again after this, so that a file shows that
  // it was looked at.
  static constexpr std::chrono::minutes kRepeat{1};

  AutoscalingReports(telemetry::Registry& registry,
                     std::function<void(const std::string& ns, const std::string& name)> published);

  // Appends decisions to `path`. Called once, before anything is decided.
  Result<void> record_to(const std::string& path);

  void decided(const autoscale::DecisionRecord& record, autoscale::LeadTime lead,
               const std::vector<autoscale::Finding>& conditions) override;
  void prepared(const std::string& policy,
                const std::optional<api::NodeCapacityStatus>& nodes) override;
  void published(const std::string& ns, const std::string& name) override;
  void forgotten(const std::string& policy) override;
  // Of all policies: another replica decides.
  void forget_all();

 private:
  // What a policy's gauges show; scrapes read it without the lock.
  struct Shown {
    std::atomic<int> current = 0;
    std::atomic<int> desired = 0;
    std::atomic<int> supply = 0;
    std::atomic<bool> withheld = false;
    std::atomic<double> lead_seconds = 0;
    std::atomic<double> load = 0;                   // requests/s
    std::atomic<double> forecast_mean = 0;          // the same, at the lead time
    std::atomic<double> forecast_high = 0;          // the quantile that replicas are asked for
    std::atomic<double> usd_per_hour = 0;           // of the desired replicas
    std::array<std::atomic<bool>, 4> conditions{};  // by kConditions: whether it is True
    std::atomic<std::uint32_t> headroom = 0;
    std::atomic<std::uint32_t> headroom_gpus = 0;
    std::atomic<std::uint32_t> missing = 0;
  };
  struct Series {
    api::ObjectName name;
    std::shared_ptr<Shown> shown;
    std::vector<telemetry::GaugeHandle> gauges;
    std::vector<telemetry::GaugeHandle> node_gauges;  // of what is kept on nodes, if anything is
    autoscale::Decision before;
    std::int64_t written_ms = 0;
  };

  static constexpr std::array kConditions = {"ScalingActive", "MetricsAvailable", "CapacityStarved",
                                             "Conflict"};

  static void show_numbers(const autoscale::DecisionRecord& record, Shown& shown);
  static void show_conditions(const std::vector<autoscale::Finding>& conditions, Shown& shown);
  void add_gauges(Series& series) PENSTOCK_REQUIRES(mutex_);
  Series& series_of(const std::string& policy) PENSTOCK_REQUIRES(mutex_);
  void count_change(const autoscale::Decision& decision, const api::ObjectName& policy)
      PENSTOCK_REQUIRES(mutex_);

  telemetry::Registry& registry_;
  const std::function<void(const std::string& ns, const std::string& name)> published_;
  const telemetry::Family changes_;
  sync::Mutex mutex_;
  telemetry::Shard& shard_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, Series> series_ PENSTOCK_GUARDED_BY(mutex_);
  DecisionFile lines_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::control

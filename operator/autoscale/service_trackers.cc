#include "operator/autoscale/service_trackers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "operator/autoscale/capacity.h"

namespace penstock::autoscale {
namespace {

constexpr milliseconds kWarmUp = CapacitySettings{}.warm_up;

bool is_warm(const PodSight& pod, Time now) {
  return pod.serves() && now - *pod.ready_since >= kWarmUp;
}

// What the warm pods of one accelerator said.
struct Seen {
  Demand demand;
  int ready = 0;
};

// Pods are mostly warm and alike; what they said is then not summed up again.
std::map<std::string, Seen> seen_by_accelerator(const Sight& sight, const Demand& all,
                                                const RequestShape& shape) {
  std::map<std::string, Seen> result;
  std::ptrdiff_t serving = 0;
  for (const PodSight& pod : sight.pods) {
    serving += pod.serves() ? 1 : 0;
    if (is_warm(pod, sight.now)) {
      ++result[pod.accelerator].ready;
    }
  }
  if (result.size() == 1 && result.begin()->second.ready == serving) {
    result.begin()->second.demand = all;
    return result;
  }
  for (auto& [accelerator, seen] : result) {
    std::vector<PodReport> reports;
    for (const PodSight& pod : sight.pods) {
      if (is_warm(pod, sight.now) && pod.accelerator == accelerator) {
        reports.push_back({pod.signals});
      }
    }
    seen.demand = total_demand(reports, shape);
  }
  return result;
}

}  // namespace

ServiceTrackers::ServiceTrackers(int percentile) : percentile_(percentile) {}

void ServiceTrackers::set_percentile(int percentile) {
  percentile_ = percentile;
  for (auto& [accelerator, known] : known_) {
    known.tracker.set_percentile(percentile);
  }
}

void ServiceTrackers::forget_proofs() {
  for (auto& [accelerator, known] : known_) {
    known.tracker.forget_proofs();
  }
}

void ServiceTrackers::set_batch_max(const std::optional<double>& sequences) {
  batch_max_ = sequences;
  for (auto& [accelerator, known] : known_) {
    known.tracker.set_batch_max(sequences);
  }
}

void ServiceTrackers::renew() {
  for (auto& [accelerator, known] : known_) {
    known.tracker.renew();
  }
}

void ServiceTrackers::make_known(const std::string& accelerator, Time now) {
  if (known_.contains(accelerator)) {
    return;
  }
  if (known_.size() == kAcceleratorsMax) {
    const auto oldest =
        std::ranges::min_element(known_, {}, [](const auto& known) { return known.second.seen; });
    if (oldest->second.seen == now) {
      return;
    }
    known_.erase(oldest);
  }
  Known& made = known_.emplace(accelerator, Known{ServiceTracker(percentile_), now}).first->second;
  made.tracker.set_batch_max(batch_max_);
}

std::set<std::string> ServiceTrackers::observe(const Sight& sight, const Demand& all,
                                               const RequestShape& shape,
                                               const Objectives& objectives) {
  const std::map<std::string, Seen> seen = seen_by_accelerator(sight, all, shape);
  for (auto& [accelerator, known] : known_) {
    known.seen = seen.contains(accelerator) ? sight.now : known.seen;
  }
  for (const auto& [accelerator, of_pods] : seen) {
    make_known(accelerator, sight.now);
  }
  std::set<std::string> renewed;
  for (auto& [accelerator, known] : known_) {
    // Of nobody, too: what was carried before a pause was not carried on end.
    const auto found = seen.find(accelerator);
    const Seen nobody;
    const Seen& here = found == seen.end() ? nobody : found->second;
    if (known.tracker.observe(sight.now, here.demand, shape, here.ready, objectives)) {
      renewed.insert(accelerator);
    }
  }
  return renewed;
}

ServiceView ServiceTrackers::look(const std::string& accelerator, const RequestShape& shape,
                                  const Objectives& objectives, double utilization) const {
  const auto found = known_.find(accelerator);
  return found == known_.end() ? ServiceTracker(percentile_).look(shape, objectives, utilization)
                               : found->second.tracker.look(shape, objectives, utilization);
}

}  // namespace penstock::autoscale

#include "operator/autoscale/triggers.h"

#include <algorithm>
#include <cmath>

#include "operator/autoscale/replica_count.h"

namespace penstock::autoscale {
namespace {

constexpr double kCalmShare = 0.8;  // of a latency threshold

struct Sums {
  double usage = 0;
  double request = 0;
  int pods = 0;

  void add(double pod_usage, double pod_request) {
    usage += pod_usage;
    request += pod_request;
    ++pods;
  }
  // Upstream's utilisation is a whole percentage, rounded towards zero.
  [[nodiscard]] double ratio(const UtilizationTarget& target) const {
    return std::trunc(usage * 100 / request) / target.percent;
  }
};

struct Census {
  Sums ready;
  Sums unready;
  Sums missing;  // usage: what the pods would use if they used all they may
};

Census take_census(std::span<const PodUsage> pods, const UtilizationTarget& target) {
  Census census;
  for (const PodUsage& pod : pods) {
    if (!(pod.request > 0)) {
      continue;
    }
    if (pod.pending || (pod.usage && !pod.ready)) {
      census.unready.add(pod.usage.value_or(0), pod.request);
    } else if (!pod.usage) {
      census.missing.add(pod.request * std::max(100, target.percent) / 100, pod.request);
    } else {
      census.ready.add(*pod.usage, pod.request);
    }
  }
  return census;
}

}  // namespace

std::optional<int> combine(std::span<const Vote> votes, int current) {
  std::optional<int> largest;
  for (const Vote& vote : votes) {
    largest = std::max(largest.value_or(0), vote.replicas.value_or(current));
  }
  return largest;
}

std::optional<int> replicas_by_utilization(std::span<const PodUsage> pods, int current,
                                           const UtilizationTarget& target) {
  const Census census = take_census(pods, target);
  if (census.ready.pods == 0 || target.percent <= 0) {
    return std::nullopt;
  }
  const double raw = census.ready.ratio(target);
  const bool up = raw > 1;
  if (census.missing.pods == 0 && (census.unready.pods == 0 || !up)) {
    return within_tolerance(raw, target.tolerance) ? current
                                                   : replicas_for(raw * census.ready.pods, 1);
  }

  Sums all = census.ready;
  if (raw != 1) {
    all.usage += up ? 0 : census.missing.usage;
    all.request += census.missing.request;
    all.pods += census.missing.pods;
  }
  if (up) {
    all.request += census.unready.request;
    all.pods += census.unready.pods;
  }
  const double corrected = all.ratio(target);
  if (within_tolerance(corrected, target.tolerance) || (raw < 1 && corrected > 1) ||
      (up && corrected < 1)) {
    return current;
  }
  const int replicas = replicas_for(corrected * all.pods, 1);
  const bool turned = corrected < 1 ? replicas > current : replicas < current;
  return turned ? current : replicas;
}

std::optional<int> replicas_by_queue(const QueueDepth& depth, int current, double target,
                                     double tolerance) {
  if (!depth.waiting || !(target > 0)) {
    return std::nullopt;
  }
  const bool close =
      current > 0 && within_tolerance(*depth.waiting / (target * current), tolerance);
  const int replicas = close ? current : replicas_for(*depth.waiting, target);
  return depth.complete ? replicas : std::max(replicas, current);
}

int replicas_by_latency(Time now, std::optional<double> latency_s, int current,
                        const LatencyThreshold& settings, LatencyTriggerState& state) {
  if (!latency_s) {
    state.above_since_ms.reset();
    return 0;
  }
  if (*latency_s <= settings.threshold_s) {
    state.above_since_ms.reset();
    return *latency_s < kCalmShare * settings.threshold_s ? 0 : current;
  }
  if (!state.above_since_ms) {
    state.above_since_ms = ms_of(now);
  }
  if (now - time_of(*state.above_since_ms) < settings.sustained) {
    return current;
  }
  state.above_since_ms = ms_of(now);
  const double factor = std::min(*latency_s / settings.threshold_s, settings.step_max);
  return std::max(current + 1, replicas_for(current * factor, 1));
}

}  // namespace penstock::autoscale

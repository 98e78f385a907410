#include "operator/simulate/aibrix.h"

#include <algorithm>
#include <cmath>

#include "operator/autoscale/replica_count.h"

namespace penstock::simulate {
namespace {

int ceiling(double value) {
  return static_cast<int>(std::ceil(value));
}

int floored(double value) {
  return static_cast<int>(std::floor(value));
}

}  // namespace

int aibrix_apa(double stable_mean, int replicas, const AibrixSettings& settings) {
  const double ratio = stable_mean / settings.target;
  const int wanted = ceiling(replicas * ratio);
  if (ratio > 1 + settings.tolerance) {
    return std::min(wanted, ceiling(settings.up_rate * replicas));
  }
  if (ratio < 1 - settings.tolerance) {
    return std::max(wanted, floored(replicas / settings.down_rate));
  }
  return replicas;
}

int aibrix_kpa(double stable_mean, double panic_mean, int replicas,
               const AibrixSettings& settings) {
  const int most = std::max(1, ceiling(settings.up_rate * replicas));
  const int least = floored(replicas / settings.down_rate);
  const auto wanted = [&](double mean) {
    const bool steady =
        autoscale::within_tolerance(mean / (settings.target * replicas), settings.tolerance);
    return std::clamp(steady ? replicas : ceiling(mean / settings.target), least, most);
  };
  const bool panic = stable_mean <= 0 || panic_mean / stable_mean > settings.panic_threshold;
  const int stable = wanted(stable_mean);
  return panic ? std::max(stable, wanted(panic_mean)) : stable;
}

// The smallest recommendation of the window on the way down: one low one is enough.
int Aibrix::cooled(autoscale::Time now, int current, int desired) {
  std::erase_if(recent_, [&](const Recommendation& entry) {
    return now - entry.at > settings_.down_cooldown;
  });
  recent_.push_back({now, desired});
  if (desired >= current) {
    return desired;
  }
  return std::ranges::min_element(recent_, {}, &Recommendation::replicas)->replicas;
}

int Aibrix::replicas(const autoscale::Sight& sight) {
  const Seen seen = seen_of(sight);
  if (seen.ready > 0) {
    mean_.add(sight.now, seen.concurrency() / seen.ready);
  }
  if (!timer_.due(sight.now)) {
    return sight.replicas;
  }
  const int current = std::max(1, sight.replicas);
  const double stable = mean_.mean(sight.now, settings_.stable_window).value_or(0);
  const double panic = mean_.mean(sight.now, settings_.panic_window).value_or(0);
  const int desired = algorithm_ == Algorithm::kApa ? aibrix_apa(stable, current, settings_)
                                                    : aibrix_kpa(stable, panic, current, settings_);
  // Its guard (pull request 2671): nothing is added while replicas are on their way.
  const int most = seen.starting > 0 ? current : settings_.replicas_max;
  return cooled(sight.now, current, std::clamp(desired, 1, most));
}

}  // namespace penstock::simulate

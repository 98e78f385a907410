#include "operator/autoscale/lead_time.h"

#include <algorithm>
#include <cmath>

namespace penstock::autoscale {
namespace {

LeadTime quantile_of(std::vector<milliseconds> durations, double q, milliseconds prior) {
  if (durations.size() < LeadTimes::kSamplesMin) {
    return {.duration = prior};
  }
  std::ranges::sort(durations);
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(durations.size()));
  const auto index = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
  return {.duration = durations[index], .measured = true};
}

}  // namespace

void LeadTimes::Ring::add(milliseconds duration) {
  if (kept.size() < kSamplesMax) {
    kept.push_back(duration);
  } else {
    kept[next] = duration;
    next = (next + 1) % kSamplesMax;
  }
}

bool LeadTimes::record(StartPath path, milliseconds duration) {
  if (duration <= milliseconds(0) || duration > kLongest) {
    return false;
  }
  duration = std::min(duration, kCounted);
  starts_.add(duration);
  if (path == StartPath::kNode) {
    by_node_.add(duration);
  }
  return true;
}

LeadTime LeadTimes::quantile(double q) const {
  const bool most_by_node = 2 * by_node_.kept.size() > starts_.kept.size();
  return quantile_of(starts_.kept, q, most_by_node ? priors_.node : priors_.pod);
}

LeadTime LeadTimes::quantile_by_node(double q) const {
  return quantile_of(by_node_.kept, q, priors_.node);
}

}  // namespace penstock::autoscale

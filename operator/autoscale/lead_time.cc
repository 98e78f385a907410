#include "operator/autoscale/lead_time.h"

#include <algorithm>
#include <cmath>

namespace penstock::autoscale {

bool LeadTimes::record(StartPath path, milliseconds duration) {
  if (duration <= milliseconds(0) || duration > kLongest) {
    return false;
  }
  Samples& samples = path == StartPath::kPod ? pod_ : node_;
  if (samples.kept.size() < kSamplesMax) {
    samples.kept.push_back(duration);
  } else {
    samples.kept[samples.next] = duration;
    samples.next = (samples.next + 1) % kSamplesMax;
  }
  return true;
}

LeadTime LeadTimes::quantile(StartPath path, double q) const {
  std::vector<milliseconds> sorted = of(path).kept;
  if (sorted.size() < kSamplesMin) {
    return {.duration = path == StartPath::kPod ? priors_.pod : priors_.node};
  }
  std::ranges::sort(sorted);
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size()));
  const auto index = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
  return {.duration = sorted[index], .measured = true};
}

}  // namespace penstock::autoscale

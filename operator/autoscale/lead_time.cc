#include "operator/autoscale/lead_time.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

bool LeadTimes::record(StartPath path, milliseconds duration) {
  if (duration <= milliseconds(0) || duration > kLongest) {
    return false;
  }
  if (starts_.size() < kSamplesMax) {
    starts_.push_back({path, duration});
  } else {
    starts_[next_] = {path, duration};
    next_ = (next_ + 1) % kSamplesMax;
  }
  return true;
}

std::vector<milliseconds> LeadTimes::by_node() const {
  std::vector<milliseconds> durations;
  for (const Start& start : starts_) {
    if (start.path == StartPath::kNode) {
      durations.push_back(start.duration);
    }
  }
  return durations;
}

LeadTime LeadTimes::quantile(double q) const {
  std::vector<milliseconds> durations;
  for (const Start& start : starts_) {
    durations.push_back(start.duration);
  }
  const bool most_by_node = 2 * by_node().size() > starts_.size();
  return quantile_of(std::move(durations), q, most_by_node ? priors_.node : priors_.pod);
}

LeadTime LeadTimes::quantile_by_node(double q) const {
  return quantile_of(by_node(), q, priors_.node);
}

}  // namespace penstock::autoscale

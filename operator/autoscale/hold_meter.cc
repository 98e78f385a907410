#include "operator/autoscale/hold_meter.h"

#include <algorithm>
#include <utility>

namespace penstock::autoscale {

void HoldMeter::take(Time received, const signals::Report& report) {
  if (received == received_) {
    return;
  }
  received_ = received;
  if (arrived_) {
    arrived_ = std::min(*arrived_, received);  // by a clock that was set back since
  }
  held_ = static_cast<int>(std::min<std::int64_t>(report.held, 1'000'000));
  // Of a process that ran before it was first asked nobody knows when they came.
  const bool known = std::exchange(start_id_, report.start_id) == report.start_id;
  const bool young = report.uptime_ms < kRemembered.count();
  const std::int64_t before = known ? arrivals_ : young ? 0 : report.hold_arrivals;
  if (report.hold_arrivals > before) {
    arrived_ = received;
  }
  arrivals_ = report.hold_arrivals;
}

std::optional<int> HoldMeter::at(Time now) const {
  if (!received_ || std::chrono::abs(now - *received_) > kFresh) {
    return std::nullopt;
  }
  const bool remembered = arrived_ && now - *arrived_ <= kRemembered;
  return std::max(held_, remembered ? 1 : 0);
}

}  // namespace penstock::autoscale

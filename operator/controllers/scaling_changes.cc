#include "operator/controllers/scaling_changes.h"

#include <algorithm>

#include "lib/json/field.h"

namespace penstock::controllers {

void ScalingChanges::adopt(const api::AutoscalingStatus& before) {
  last_ = before.decisions;
  if (!last_.empty() && last_.front().to != before.current) {
    announced_ = last_.front().to;
  }
}

bool ScalingChanges::note(const autoscale::Decision& decision, bool set, const std::string& now) {
  const auto desired = static_cast<std::uint32_t>(decision.desired);
  if (decision.desired == decision.current) {
    announced_.reset();
    return false;
  }
  if (announced_ == desired || (decision.write && !set)) {
    return false;
  }
  announced_ = desired;
  last_.insert(last_.begin(), {.time = now,
                               .from = static_cast<std::uint32_t>(decision.current),
                               .to = desired,
                               .reason = std::string(json::name_of(decision.reason))});
  last_.resize(std::min(last_.size(), api::AutoscalingStatus::kDecisionsMax));
  return true;
}

}  // namespace penstock::controllers

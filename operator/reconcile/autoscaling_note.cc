#include "operator/reconcile/autoscaling_note.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace penstock::reconcile {
namespace {

constexpr std::array<std::string_view, 7> kTypes = {
    "ScalingActive", "MetricsAvailable", "CapacityStarved", "Conflict",
    "NodeCapacity",  "RolloutFits",      "HoldReady"};

}  // namespace

void state_autoscaling(const World& world, const api::OptimizationPolicyStatus& before,
                       Conditions& conditions, api::OptimizationPolicyStatus& status) {
  const auto& wanted = world.policy->parsed.autoscaling;
  if (!wanted || wanted->mode == api::ScalingMode::kOff) {
    return;
  }
  if (world.autoscaling) {
    status.autoscaling = world.autoscaling->status;
    for (const AutoscalingNote::Stated& stated : world.autoscaling->conditions) {
      conditions.set(stated.type, stated.status, stated.reason, stated.message);
    }
    return;
  }
  status.autoscaling = before.autoscaling;
  for (const api::Condition& condition : before.conditions) {
    if (std::ranges::find(kTypes, condition.type) != kTypes.end()) {
      conditions.set(condition.type, condition.status, condition.reason, condition.message);
    }
  }
}

}  // namespace penstock::reconcile

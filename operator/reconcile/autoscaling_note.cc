#include "operator/reconcile/autoscaling_note.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "operator/reconcile/hold.h"

namespace penstock::reconcile {
namespace {

constexpr std::array<std::string_view, 7> kTypes = {
    "ScalingActive", "MetricsAvailable", "CapacityStarved", "Conflict",
    "NodeCapacity",  "RolloutFits",      kHoldReady};

// Until that is taken back, the status alone says who is to be asked for it.
bool keeps_nodes(const api::OptimizationPolicyStatus& status) {
  return status.autoscaling && status.autoscaling->nodes &&
         !status.autoscaling->nodes->provider.empty();
}

void state(const std::vector<AutoscalingNote::Stated>& all, Conditions& conditions) {
  for (const AutoscalingNote::Stated& stated : all) {
    conditions.set(stated.type, stated.status, stated.reason, stated.message);
  }
}

}  // namespace

void state_autoscaling(const World& world, const api::OptimizationPolicyStatus& before,
                       Conditions& conditions, api::OptimizationPolicyStatus& status) {
  const api::OptimizationPolicySpec& spec = world.policy->parsed;
  // What has errors may say that nothing is scaled, while a version before it goes on.
  const bool goes_on = !world.policy->errors.empty() && world.autoscaling;
  const bool wanted =
      goes_on || (spec.autoscaling && spec.autoscaling->mode != api::ScalingMode::kOff &&
                  spec.mode != api::Mode::kOff);
  if (world.autoscaling && world.autoscaling->over) {
    if (world.autoscaling->status.nodes) {
      // What was asked for a moment ago may not stand in `before` yet.
      status.autoscaling =
          before.autoscaling.value_or(api::AutoscalingStatus{.reason = kNotRemoved});
      status.autoscaling->nodes = world.autoscaling->status.nodes;
    }
    state(world.autoscaling->conditions, conditions);
    return;
  }
  if (!wanted) {
    if (keeps_nodes(before)) {
      status.autoscaling = before.autoscaling;
    }
    for (const api::Condition& condition : before.conditions) {
      if (condition.reason == kNotRemoved) {
        conditions.set(condition.type, condition.status, condition.reason, condition.message);
      }
    }
    return;
  }
  if (world.autoscaling) {
    status.autoscaling = world.autoscaling->status;
    state(world.autoscaling->conditions, conditions);
    return;
  }
  status.autoscaling = before.autoscaling;
  for (const api::Condition& condition : before.conditions) {
    const bool follows =
        condition.type == "ScalingActive" && condition.status == api::ConditionStatus::kTrue;
    if (std::ranges::find(kTypes, condition.type) == kTypes.end()) {
      continue;
    }
    if (!follows || world.policy->errors.empty()) {
      conditions.set(condition.type, condition.status, condition.reason, condition.message);
    } else {
      conditions.set(condition.type, api::ConditionStatus::kFalse, kInvalid,
                     "the policy has errors (condition Accepted), and this operator has seen no "
                     "version without: replicas stay as they are");
    }
  }
}

bool is_told_by_autoscaler(std::string_view type) {
  constexpr std::array<std::string_view, 5> kTold = {"ScalingActive", "MetricsAvailable",
                                                     "CapacityStarved", "Conflict", "RolloutFits"};
  return std::ranges::find(kTold, type) != kTold.end();
}

}  // namespace penstock::reconcile

#include "operator/controllers/hold_condition.h"

#include <string>
#include <utility>

#include "operator/reconcile/autoscaling_note.h"
#include "operator/reconcile/hold.h"
#include "operator/reconcile/status_of.h"

namespace penstock::controllers {

using api::ConditionStatus;
using reconcile::kHoldReady;
using reconcile::Policy;
using Stated = reconcile::AutoscalingNote::Stated;

namespace {

std::optional<Stated> stated_before(const Policy& policy) {
  for (const api::Condition& before : reconcile::status_of(policy).conditions) {
    if (before.type == kHoldReady) {
      return Stated{before.type, before.status, before.reason, before.message};
    }
  }
  return std::nullopt;
}

// What is there still, though it should be gone.
std::optional<Stated> leftover(const Policy& policy, const HoldRemoval& removal) {
  if (!removal.stands(policy)) {
    return std::nullopt;
  }
  std::optional<std::string> problem = removal.problem(policy);
  if (!problem) {
    auto before = stated_before(policy);
    return before && before->reason == reconcile::kNotRemoved ? before : std::nullopt;
  }
  if (problem->empty()) {
    return std::nullopt;
  }
  return Stated{kHoldReady, ConditionStatus::kFalse, reconcile::kNotRemoved, std::move(*problem)};
}

}  // namespace

// What an operator that has just started does not know yet is no news.
std::optional<Stated> hold_condition(const Policy& policy, HoldController& hold) {
  if (!uses_hold(policy)) {
    return leftover(policy, hold.removal());
  }
  const HoldController::Standing now = hold.standing(policy);
  if (!now.known) {
    // What could not be deleted then is needed now.
    auto before = stated_before(policy);
    if (before && before->reason != reconcile::kNotRemoved) {
      return before;
    }
  }
  const ConditionStatus unready = now.known ? ConditionStatus::kFalse : ConditionStatus::kUnknown;
  return Stated{kHoldReady, now.ready ? ConditionStatus::kTrue : unready, now.reason, now.message};
}

}  // namespace penstock::controllers

#include "operator/controllers/scaled_target.h"

#include <algorithm>

#include "lib/zoneinfo/zone_files.h"
#include "operator/autoscale/policy_settings.h"
#include "operator/controllers/scaling_status.h"
#include "operator/kube/timestamp.h"

namespace penstock::controllers {

using reconcile::Policy;

namespace {

autoscale::ScalerSettings settings_in(const Policy& policy) {
  return autoscale::settings_of(*policy.parsed.autoscaling, &zoneinfo::load_zone);
}

// A condition that was false for another reason before, or a second change, has no time of its own.
std::string set_since(const LiveTarget& live, const std::string& stated) {
  std::string newest = stated;
  for (const kube::FieldOwner& owner : live.replica_owners) {
    if (owner.manager != kube::Client::kFieldManager) {
      newest = std::max(newest, owner.time);
    }
  }
  return newest;
}

}  // namespace

ScaledTarget::ScaledTarget(const Policy& policy, const api::OptimizationPolicyStatus& before,
                           autoscale::Time now)
    : target(policy.parsed.autoscaling->target),
      policy_uid(policy.meta.uid),
      policy_generation(policy.meta.generation),
      scaler(policy.meta.key(), settings_in(policy)),
      overridden_(overridden_since(before)) {
  events.adopt(before.conditions);
  if (before.autoscaling) {
    changes.adopt(*before.autoscaling);
  }
  if (has_set_to_zero(before)) {
    scaler.adopt(0, now);
  }
}

void ScaledTarget::follow(const Policy& policy) {
  if (policy_uid == policy.meta.uid && policy_generation == policy.meta.generation) {
    return;
  }
  policy_uid = policy.meta.uid;
  policy_generation = policy.meta.generation;
  scaler.set(settings_in(policy));
}

void ScaledTarget::meet(const LiveTarget& live) {
  if (!uid.empty() && live.uid != uid) {
    scaler.forget_target();
    writer = {};
    foreign = {};
  } else if (!overridden_.empty() && live.created <= overridden_) {
    if (const auto since = kube::time_of(set_since(live, overridden_))) {
      scaler.adopt_drift(autoscale::time_of(*since));
    }
  }
  overridden_.clear();
  uid = live.uid;
  pods = live.pods;
}

}  // namespace penstock::controllers

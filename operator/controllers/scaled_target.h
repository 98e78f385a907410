#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/api/policy_status.h"
#include "operator/autoscale/scaler.h"
#include "operator/controllers/condition_events.h"
#include "operator/controllers/foreign_scaler.h"
#include "operator/controllers/replica_sights.h"
#include "operator/controllers/replica_writer.h"
#include "operator/controllers/scale_target.h"
#include "operator/controllers/scaling_changes.h"

namespace penstock::controllers {

// What is known of one policy's target, and of what was told of it. Threads: not safe.
struct ScaledTarget {
  // `before`: what the status of an operator before this one says of the same target.
  ScaledTarget(const reconcile::Policy& policy, const api::OptimizationPolicyStatus& before,
               autoscale::Time now);

  // The policy as it is now: what was learned stays.
  void follow(const reconcile::Policy& policy);
  // The object as it is now, before anything is decided on it. What is known of another object of
  // that name, or was said of one, goes: who set its replicas, and what was asked of it.
  void meet(const LiveTarget& live);

  api::ScaleTargetSpec target;
  std::string policy_uid;
  std::int64_t policy_generation;
  std::string uid;                         // of the object; empty: none was seen
  std::optional<api::LabelSelector> pods;  // TargetPods::selected
  autoscale::Scaler scaler;
  ReplicaSights replicas;
  ForeignScaler foreign;
  ConditionEvents events;
  ReplicaWriter writer;
  ScalingChanges changes;
  std::string problem;  // of the last write, for the log
  std::optional<autoscale::Time> forecast_shown;
  api::AutoscalingStatus status;

 private:
  std::string overridden_;  // since when a person's replicas stand, by the status, until it is met
};

}  // namespace penstock::controllers

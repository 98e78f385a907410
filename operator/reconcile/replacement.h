#pragma once

#include <string>
#include <vector>

#include "operator/reconcile/pod_census.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// What the operator itself does about pods that need their owner to make them anew.
struct Replacement {
  // Of these one is evicted: the first that its disruption budget lets go.
  std::vector<Eviction> candidates;
  std::string awaited;  // what has to come about for the next one to go; empty: nothing
};

// One at a time, over the whole policy: the next only once all of its pods are ready, those that
// are missing included. Pods that are to go themselves and are not ready are not waited for: they
// go first. Nothing where people do it (rollout: Manual). `injection`: the hash of what
// the API server makes new pods with; empty: not yet with what is wanted today.
Replacement replacement_of(const World& world, const PodCensus& census,
                           const std::string& injection);

// Whether the operator itself replaces pods that need it.
bool restarts(const Policy& policy);

}  // namespace penstock::reconcile

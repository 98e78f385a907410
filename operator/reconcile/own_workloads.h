#pragma once

#include <string>
#include <vector>

#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// Whose pods admission gives a policy's sidecar, as the policy selects now: only these decide how
// it gets in. Pods tell of themselves where their owner is of a kind that is not read.
struct OwnWorkloads {
  std::vector<Ptr<Workload>> workloads;
  // What runs once, and where none does, what ran: tells what comes next, as between two Jobs of a
  // CronJob, where nothing else tells.
  std::vector<Ptr<Workload>> passing;
  // "daemonset/a": lasting owners that are not read, some of whose pods carry the sidecar.
  std::vector<std::string> carriers;
  std::vector<std::string> left_out;  // selected, but: "Deployment a (the host's network)"
  bool of_the_host = false;           // one of those is
  bool taken = false;                 // one of those is an older policy's
  bool carried = false;               // pods carry the sidecar, which hides what they were
  bool has_pre_stop = false;          // an engine of those has a hook of its own
  std::vector<std::string> unread;    // "Node a": owners of pods of which nothing tells the shape
};

OwnWorkloads own_workloads(const World& world);

// Puts those of `all`, its namespace's, into the world of which its policy takes the pods, or which
// made pods that carry its sidecar. REQUIRES: the world has its pods.
void add_workloads(const std::vector<Ptr<Workload>>& all, World& world);

// Whether its owner's kind is read, so that this tells its shape.
bool is_read_elsewhere(const Pod& pod);

// Whether `pod` is one of the workload's.
bool is_of(const Workload& workload, const Pod& pod);

// The one that was read of which `pod` is one. Nothing: none of them is its owner.
const Workload* find_workload(const World& world, const Pod& pod);

// "deployment/chat".
std::string name_of(const Workload& workload);

// The same for a pod of one of its ReplicaSets, be it read or not; "pod/a" for one that nothing has
// made.
std::string workload_of(const World& world, const Pod& pod);

}  // namespace penstock::reconcile

#include "operator/reconcile/replacement.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "operator/reconcile/advice.h"
#include "operator/reconcile/own_workloads.h"

namespace penstock::reconcile {
namespace {

// So many are asked for at once, where budgets hold all that were asked for.
constexpr std::size_t kCandidatesMost = 16;

// How many pods of each workload there are.
using Counts = std::map<std::string, std::int64_t>;

// That are ready and stay.
Counts ready_of(const World& world) {
  Counts ready;
  for (const Ptr<Pod>& pod : world.pods) {
    if (pod->ready && !pod->meta.deleting && !pod->finished) {
      ++ready[workload_of(world, *pod)];
    }
  }
  return ready;
}

std::int64_t count_of(const Counts& counts, const std::string& workload) {
  const auto found = counts.find(workload);
  return found == counts.end() ? 0 : found->second;
}

// Those that say how many pods they ask for.
bool says_replicas(const Workload& workload) {
  return workload.kind == "Deployment" || workload.kind == "StatefulSet";
}

// Besides pods that are down, which waiting does not mend.
std::vector<std::string> incomplete(const World& world, const Counts& ready, const Counts& down) {
  std::vector<std::string> found;
  for (const Ptr<Workload>& workload : own_workloads(world).workloads) {
    const std::string name = name_of(*workload);
    const std::int64_t count = count_of(ready, name);
    if (says_replicas(*workload) && count + count_of(down, name) < workload->replicas) {
      found.push_back(name + " has " + std::to_string(workload->replicas) +
                      " ready pods instead of " + std::to_string(count));
    }
  }
  return found;
}

// Made by the workload of the pod that was evicted last, since then.
bool came_after(const World& world, const Pod& pod) {
  const Eviction& last = *world.last_eviction;
  return !std::ranges::binary_search(last.known, pod.meta.uid) &&
         workload_of(world, pod) == last.workload;
}

// A pod that was to come up with the sidecar of today and did not: nor would the next. One that did
// shows that it works.
std::string in_vain(const World& world, const std::string& injection) {
  if (!world.last_eviction || world.last_eviction->injection != injection) {
    return {};
  }
  const Pod* without = nullptr;
  for (const Ptr<Pod>& pod : world.pods) {
    if (pod->finished || pod->meta.deleting || !came_after(world, *pod)) {
      continue;
    }
    if (pod->injected_by == world.policy->meta.name && pod->injected_hash == injection) {
      return {};
    }
    without = pod.get();
  }
  return without == nullptr ? ""
                            : "new pods come up with the sidecar of today, as " +
                                  without->meta.name + " did not; kubectl -n " + without->meta.ns +
                                  " delete pod " + without->meta.name + " tries again";
}

// The uids of each workload's pods, in their order.
std::map<std::string, std::vector<std::string>> pods_by_workload(const World& world) {
  std::map<std::string, std::vector<std::string>> pods;
  for (const Ptr<Pod>& pod : world.pods) {
    pods[workload_of(world, *pod)].push_back(pod->meta.uid);
  }
  for (auto& [workload, uids] : pods) {
    std::ranges::sort(uids);
  }
  return pods;
}

// Of other owners nobody here knows how many pods they ask for: as many as they had.
std::string unreplaced(const World& world, const Counts& ready) {
  const Eviction& last = *world.last_eviction;
  const auto is_back = [&](const Ptr<Pod>& pod) {
    return pod->ready && !pod->meta.deleting && came_after(world, *pod);
  };
  const bool known = std::ranges::any_of(world.workloads, [&last](const Ptr<Workload>& one) {
    return says_replicas(*one) && name_of(*one) == last.workload;
  });
  if (known || (ready.contains(last.workload) && count_of(ready, last.workload) >= last.ready) ||
      std::ranges::any_of(world.pods, is_back)) {
    return {};
  }
  return last.workload + " has a ready pod in the place of " + last.pod;
}

// What the watch has not told yet.
bool is_still_there(const World& world) {
  return world.last_eviction && std::ranges::any_of(world.pods, [&world](const Ptr<Pod>& pod) {
           return pod->meta.uid == world.last_eviction->uid && !pod->meta.deleting;
         });
}

std::string awaited(const World& world, const PodCensus& census, const std::string& injection,
                    const Counts& ready) {
  std::vector<std::string> all = incomplete(world, ready, census.down);
  if (std::string failed = in_vain(world, injection); !failed.empty()) {
    all.push_back(std::move(failed));
  }
  if (!census.unready.empty()) {
    all.push_back(listed(census.unready) + (census.unready.size() == 1 ? " is" : " are") +
                  " ready");
  }
  if (!census.leaving.empty()) {
    all.push_back(listed(census.leaving) + (census.leaving.size() == 1 ? " is" : " are") + " gone");
  }
  if (is_still_there(world)) {
    all.push_back(world.last_eviction->pod + " is gone");
  } else if (world.last_eviction) {
    if (std::string missing = unreplaced(world, ready); !missing.empty()) {
      all.push_back(std::move(missing));
    }
  }
  std::string text;
  for (const std::string& one : all) {
    text += (text.empty() ? "" : " and ") + one;
  }
  return text;
}

bool is_held(const World& world, const Eviction& candidate) {
  return std::ranges::find(world.held_by_budget, candidate.pod) != world.held_by_budget.end();
}

}  // namespace

Replacement replacement_of(const World& world, const PodCensus& census,
                           const std::string& injection) {
  if (!restarts(*world.policy) || census.replaceable.empty()) {
    return {};
  }
  if (injection.empty()) {
    return {.candidates = {}, .awaited = "new pods get the sidecar of today"};
  }
  const Counts ready = ready_of(world);
  Replacement result{.candidates = {}, .awaited = awaited(world, census, injection, ready)};
  if (!result.awaited.empty()) {
    return result;
  }
  // Whoever is not ready goes first: that takes nothing from anybody, and may be what mends it.
  for (const bool of_held : {false, true}) {
    for (const bool was_ready : {false, true}) {
      for (const Eviction& one : census.replaceable) {
        if (is_held(world, one) == of_held && one.was_ready == was_ready) {
          result.candidates.push_back(one);
        }
      }
    }
  }
  std::vector<std::string> held;
  for (const Eviction& one : result.candidates) {
    if (is_held(world, one)) {
      held.push_back(one.pod);
    }
  }
  if (!world.eviction_failure.empty()) {
    result.awaited = "the API server evicts one; it says of " + world.eviction_failure;
  } else if (held.size() == census.replaceable.size()) {
    result.awaited = "a disruption budget lets one of these go: " + listed(held);
  }
  result.candidates.resize(std::min(result.candidates.size(), kCandidatesMost));
  const auto known = pods_by_workload(world);
  for (Eviction& candidate : result.candidates) {
    candidate.ready = count_of(ready, candidate.workload) + (candidate.was_ready ? 0 : 1);
    candidate.injection = injection;
    candidate.known = known.at(candidate.workload);
  }
  return result;
}

bool restarts(const Policy& policy) {
  return policy.parsed.interception.rollout == api::Rollout::kRestart;
}

}  // namespace penstock::reconcile

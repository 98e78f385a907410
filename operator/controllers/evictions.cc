#include "operator/controllers/evictions.h"

#include <utility>

namespace penstock::controllers {

using kube::ApiResult;
using reconcile::Eviction;
using reconcile::Policy;

Evictions::Outcome Evictions::evict_one(const Policy& policy,
                                        const std::vector<Eviction>& candidates) {
  Outcome outcome;
  std::vector<std::string> held;
  std::string failure;
  for (const Eviction& candidate : candidates) {
    const ApiResult<void> evicted = evict(policy, candidate);
    if (evicted) {
      remember(policy, candidate, {}, {});
      return {};
    }
    const kube::ApiError& error = evicted.error();
    if (error.not_found() || error.conflict()) {
      break;  // it is gone, or another of its name is there, which the watch will tell
    }
    if (error.busy() || error.unknown_outcome()) {
      outcome.error = error;
      break;
    }
    if (error.held_by_budget()) {
      held.push_back(candidate.pod);
    } else if (!outcome.error) {
      outcome.error = error;
      failure = candidate.pod + ": " + error.message;
    }
  }
  outcome.held = !held.empty();
  remember(policy, std::nullopt, std::move(held), std::move(failure));
  return outcome;
}

ApiResult<void> Evictions::evict(const Policy& policy, const Eviction& candidate) {
  const auto evicted =
      client_.create(kube::kPods.object(policy.meta.ns, candidate.pod, "eviction"),
                     {{"apiVersion", "policy/v1"},
                      {"kind", "Eviction"},
                      {"metadata", {{"name", candidate.pod}, {"namespace", policy.meta.ns}}},
                      {"deleteOptions", {{"preconditions", {{"uid", candidate.uid}}}}}});
  if (!evicted) {
    return std::unexpected(evicted.error());
  }
  events_.record(kube::kPolicies, policy.meta, false, "PodEvicted",
                 "pod " + candidate.pod + " is made anew, with the sidecar");
  return {};
}

void Evictions::remember(const Policy& policy, std::optional<Eviction> last,
                         std::vector<std::string> held, std::string failure) {
  const sync::MutexLock lock(mutex_);
  Memory& memory = memory_[policy.meta.key()];
  if (!memory.is_of(policy)) {
    memory = {.uid = policy.meta.uid, .generation = policy.meta.generation};
  }
  memory.held = std::move(held);
  memory.failure = std::move(failure);
  if (last) {
    memory.last = std::move(last);
  }
}

void Evictions::tell(reconcile::World& world) const {
  const sync::MutexLock lock(mutex_);
  const auto found = memory_.find(world.policy->meta.key());
  if (found != memory_.end() && found->second.is_of(*world.policy)) {
    world.last_eviction = found->second.last;
    world.held_by_budget = found->second.held;
    world.eviction_failure = found->second.failure;
  }
}

void Evictions::forget(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  memory_.erase(policy);
}

void Evictions::forget_all() {
  const sync::MutexLock lock(mutex_);
  memory_.clear();
}

}  // namespace penstock::controllers

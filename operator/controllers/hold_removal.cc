#include "operator/controllers/hold_removal.h"

#include <memory>
#include <utility>

#include "operator/reconcile/hold.h"

namespace penstock::controllers {

using kube::ApiResult;
using kube::WorkOutcome;
using reconcile::Policy;

namespace {

template <class T>
bool is_ours(const std::shared_ptr<const T>& object) {
  return object != nullptr && reconcile::is_hold(object->meta);
}

}  // namespace

std::vector<std::string> HoldRemoval::objects(const Policy& policy) const {
  const std::string& ns = policy.meta.ns;
  const std::string name = reconcile::hold_name(policy.meta.name);
  std::vector<std::string> paths;
  if (is_ours(stores_.slices.find(ns, name))) {
    paths.push_back(kube::kEndpointSlices.object(ns, name));
  }
  if (is_ours(stores_.deployments.find(ns, name))) {
    paths.push_back(kube::kDeployments.object(ns, name));
  }
  if (is_ours(stores_.services.find(ns, name))) {
    paths.push_back(kube::kServices.object(ns, name));
  }
  return paths;
}

bool HoldRemoval::stands(const Policy& policy) const {
  return !objects(policy).empty();
}

WorkOutcome HoldRemoval::remove(const Policy& policy, bool pods_hold) {
  const std::string key = policy.meta.key();
  if (const auto rest = pause(key); rest > GrowingPause::kNow) {
    return {.again_in = rest};
  }
  const std::string service =
      kube::kServices.object(policy.meta.ns, reconcile::hold_name(policy.meta.name));
  const std::vector<std::string> there = objects(policy);
  if (there.empty()) {
    forget(key);
    return {};
  }
  bool waits = false;
  for (const std::string& path : there) {
    if (path == service && pods_hold) {
      waits = true;
      continue;
    }
    const ApiResult<void> removed = client_.remove(path);
    if (!removed && !removed.error().not_found()) {
      return failed(key, removed.error());
    }
  }
  const sync::MutexLock lock(mutex_);
  tries_[key] = {};
  return waits ? WorkOutcome{.again_in = kEnded} : WorkOutcome{};
}

std::chrono::milliseconds HoldRemoval::pause(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  const auto found = tries_.find(policy);
  return found == tries_.end() || found->second.problem.empty()
             ? GrowingPause::kNow
             : found->second.pause.wait(clock_.now());
}

// What was refused stays so until somebody acts; all else is only tried again.
WorkOutcome HoldRemoval::failed(const std::string& policy, const kube::ApiError& error) {
  if (!error.refused()) {
    return kube::failed(error);
  }
  std::string problem = error.message;
  if (error.forbidden()) {
    problem += "; the chart's autoscaling.scaleToZero gives that right";
  }
  const sync::MutexLock lock(mutex_);
  Try& last = tries_[policy];
  if (last.problem.empty()) {
    last.pause.wait(clock_.now());  // this was the first time
  }
  const bool is_news = std::exchange(last.problem, problem) != problem;
  return {.problem = is_news ? problem : "", .again_in = last.pause.wait(clock_.now())};
}

void HoldRemoval::forget(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  tries_.erase(policy);
}

void HoldRemoval::forget_all() {
  const sync::MutexLock lock(mutex_);
  tries_.clear();
}

std::optional<std::string> HoldRemoval::problem(const Policy& policy) const {
  const sync::MutexLock lock(mutex_);
  const auto found = tries_.find(policy.meta.key());
  if (found == tries_.end()) {
    return std::nullopt;
  }
  if (found->second.problem.empty()) {
    return "";
  }
  return "what held requests is there still, since it cannot be deleted: " + found->second.problem +
         "; or delete it by hand: kubectl -n " + policy.meta.ns +
         " delete endpointslice,deployment,service -l " + reconcile::kHoldLabel + "=" +
         reconcile::hold_name(policy.meta.name);
}

}  // namespace penstock::controllers

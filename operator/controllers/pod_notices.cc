#include "operator/controllers/pod_notices.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "operator/kube/resource_type.h"
#include "operator/kube/timestamp.h"

namespace penstock::controllers {
namespace {

constexpr const char* kDelivered = "penstock.dev/delivered";
constexpr const char* kReminded = "penstock.dev/reminded";

// What went wrong is not of this pod alone: the others would fare no better.
bool concerns_all(const kube::ApiError& error) {
  return error.status == 0 || error.busy();
}

}  // namespace

using kube::ApiResult;

bool is_to_be_told_of_the_end(const reconcile::Pod& pod) {
  return pod.has_sidecar && !pod.delivered.empty() && !pod.finished && !pod.meta.deleting;
}

PodNotices::Told PodNotices::tell(const kube::ObjectMeta& policy, std::vector<std::string> pods,
                                  const std::string& hash) {
  Told told;
  std::vector<std::string> failed;
  put_last(policy.key(), pods);
  for (const std::string& pod : pods) {
    const ApiResult<void> annotated = annotate(policy.ns, pod, kDelivered, hash);
    if (annotated) {
      continue;
    }
    told.error = told.error.value_or(annotated.error());
    if (annotated.error().refused()) {
      told.why = told.refused.empty() ? annotated.error().message : told.why;
      told.refused.push_back(pod);
    }
    failed.push_back(pod);
    if (concerns_all(annotated.error()) || failed.size() == kFailuresMost) {
      break;
    }
  }
  remember(policy.key(), std::move(failed));
  return told;
}

void PodNotices::put_last(const std::string& policy, std::vector<std::string>& pods) {
  const sync::MutexLock lock(mutex_);
  if (const auto found = failed_.find(policy); found != failed_.end()) {
    const auto failed = [&found](const std::string& pod) { return found->second.contains(pod); };
    std::vector<std::string> last;
    std::ranges::copy_if(pods, std::back_inserter(last), failed);
    std::erase_if(pods, failed);
    std::ranges::move(last, std::back_inserter(pods));
  }
}

void PodNotices::remember(const std::string& policy, std::vector<std::string> failed) {
  const sync::MutexLock lock(mutex_);
  if (failed.empty()) {
    failed_.erase(policy);
  } else {
    failed_[policy] = {failed.begin(), failed.end()};
  }
}

void PodNotices::forget(const std::string& policy) {
  const sync::MutexLock lock(mutex_);
  failed_.erase(policy);
}

ApiResult<void> PodNotices::remind(const std::string& ns, const std::vector<std::string>& pods,
                                   const std::string& hash) {
  ApiResult<void> all;
  for (const std::string& pod : pods) {
    if (!is_due(ns + "/" + pod, hash)) {
      continue;
    }
    if (ApiResult<void> told = remind_now(ns, pod); !told) {
      const bool ends = concerns_all(told.error());
      if (all) {
        all = std::move(told);
      }
      if (ends) {
        break;
      }
    }
  }
  return all;
}

ApiResult<bool> PodNotices::tell_of_the_end(const std::string& ns, const std::string& policy) {
  bool any = false;
  std::optional<kube::ApiError> error;
  for (const reconcile::Ptr<reconcile::Pod>& pod : stores_.pods.list(ns)) {
    if (pod->injected_by != policy) {
      continue;
    }
    const bool first = is_to_be_told_of_the_end(*pod);
    const bool again = is_due(pod->meta.key(), "") && !first;
    any = any || first;
    const ApiResult<void> told = first   ? annotate(ns, pod->meta.name, kDelivered, "")
                                 : again ? remind_now(ns, pod->meta.name)
                                         : ApiResult<void>{};
    if (!told) {
      error = error.value_or(told.error());
      if (concerns_all(told.error())) {
        break;
      }
    }
  }
  return error ? ApiResult<bool>(std::unexpected(*error)) : ApiResult<bool>(any);
}

// Through the status: that right changes annotations, but no pod's containers.
ApiResult<void> PodNotices::annotate(const std::string& ns, const std::string& pod,
                                     const std::string& name, const std::string& value) {
  const auto written = client_.merge(kube::kPods.object(ns, pod, "status"),
                                     {{"metadata", {{"annotations", {{name, value}}}}}});
  if (!written && !written.error().not_found()) {
    return std::unexpected(written.error());
  }
  return {};
}

bool PodNotices::is_due(const std::string& pod, const std::string& hash) {
  const sync::MutexLock lock(mutex_);
  return reminders_.is_due(pod, hash, clock_.now());
}

ApiResult<void> PodNotices::remind_now(const std::string& ns, const std::string& pod) {
  return annotate(ns, pod, kReminded, kube::timestamp_micros(clock_.wall_now()));
}

}  // namespace penstock::controllers

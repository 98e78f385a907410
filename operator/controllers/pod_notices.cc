#include "operator/controllers/pod_notices.h"

#include "operator/kube/resource_type.h"
#include "operator/kube/timestamp.h"

namespace penstock::controllers {
namespace {

constexpr const char* kDelivered = "penstock.dev/delivered";
constexpr const char* kReminded = "penstock.dev/reminded";

}  // namespace

using kube::ApiResult;

bool is_to_be_told_of_the_end(const reconcile::Pod& pod) {
  return pod.has_sidecar && !pod.delivered.empty() && !pod.finished && !pod.meta.deleting;
}

ApiResult<void> PodNotices::tell(const std::string& ns, const std::vector<std::string>& pods,
                                 const std::string& hash) {
  for (const std::string& pod : pods) {
    if (ApiResult<void> told = annotate(ns, pod, kDelivered, hash); !told) {
      return told;
    }
  }
  return {};
}

ApiResult<void> PodNotices::remind(const std::string& ns, const std::vector<std::string>& pods,
                                   const std::string& hash) {
  for (const std::string& pod : pods) {
    if (!is_due(ns + "/" + pod, hash)) {
      continue;
    }
    if (ApiResult<void> told = remind_now(ns, pod); !told) {
      return told;
    }
  }
  return {};
}

ApiResult<bool> PodNotices::tell_of_the_end(const std::string& ns, const std::string& policy) {
  bool any = false;
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
      return std::unexpected(told.error());
    }
  }
  return any;
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

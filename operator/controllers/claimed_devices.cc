#include "operator/controllers/claimed_devices.h"

#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::controllers {

using kube::ApiResult;

// Its path; empty: the cluster does not serve it.
ApiResult<std::string> ClaimedDevices::collection(const std::string& plural,
                                                  const std::string& ns) {
  const auto type = discovery_.resource("resource.k8s.io", {"v1", "v1beta2", "v1beta1"}, plural);
  if (!type) {
    return std::unexpected(type.error());
  }
  return *type ? (*type)->type().collection(ns) : std::string();
}

ApiResult<std::map<std::string, std::int64_t>> ClaimedDevices::asked_by(
    const std::string& ns, const json::Value& pod_spec) {
  std::map<std::string, std::int64_t> devices;
  for (const std::string& name : capacity::claim_templates(pod_spec)) {
    const ApiResult<std::string> path = collection("resourceclaimtemplates", ns);
    if (!path) {
      return std::unexpected(path.error());
    }
    if (path->empty()) {
      continue;
    }
    const auto found = client_.get(*path + "/" + kube::escaped(name));
    if (!found) {
      return std::unexpected(found.error());
    }
    const json::Value& spec = kube::member(kube::member(*found, "spec"), "spec");
    for (const auto& [device_class, count] : capacity::devices_claimed(spec)) {
      devices[device_class] += count;
    }
  }
  return devices;
}

ApiResult<json::Value> ClaimedDevices::list(const std::string& plural) {
  const ApiResult<std::string> path = collection(plural, "");
  if (!path) {
    return std::unexpected(path.error());
  }
  return path->empty() ? ApiResult<json::Value>(json::Value()) : client_.get(*path);
}

ApiResult<ClaimedDevices::View> ClaimedDevices::of(const std::string& driver) {
  const clock::Instant now = clock_.now();
  {
    const sync::MutexLock lock(mutex_);
    const auto found = seen_.find(driver);
    if (found != seen_.end() && now < found->second.until) {
      return found->second.view;
    }
  }
  const auto slices = list("resourceslices");
  if (!slices) {
    return std::unexpected(slices.error());
  }
  const auto claims = list("resourceclaims");
  if (!claims) {
    return std::unexpected(claims.error());
  }
  View view =
      std::make_shared<const capacity::DeviceView>(capacity::device_view(*slices, *claims, driver));
  const sync::MutexLock lock(mutex_);
  seen_[driver] = {.view = view, .until = now + kFor};
  return view;
}

}  // namespace penstock::controllers

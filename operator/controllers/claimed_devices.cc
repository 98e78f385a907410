#include "operator/controllers/claimed_devices.h"

#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::controllers {

using kube::ApiResult;

ClaimedDevices::ClaimedDevices(kube::Client& client, kube::Discovery& discovery,
                               const clock::Clock& clock, std::unique_ptr<Background> background)
    : client_(client),
      discovery_(discovery),
      views_(*background, clock, [this](const std::string& driver) { return ask(driver); },
             {.again = kFor, .believed = kBelieved}),
      background_(std::move(background)) {}

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

ClaimedDevices::View ClaimedDevices::ask(const std::string& driver) {
  const auto slices = list("resourceslices");
  if (!slices) {
    return std::unexpected(slices.error());
  }
  const auto claims = list("resourceclaims");
  if (!claims) {
    return std::unexpected(claims.error());
  }
  return capacity::device_view(*slices, *claims, driver);
}

}  // namespace penstock::controllers

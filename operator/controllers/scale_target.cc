#include "operator/controllers/scale_target.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "operator/kube/label_query.h"
#include "operator/kube/scale.h"

namespace penstock::controllers {

using kube::ApiResult;
using reconcile::Policy;
using reconcile::Ptr;

namespace {

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view{} : api_version.substr(0, slash);
}

// One object is served in several versions.
bool is_same_object(const api::ScaleTargetSpec& one, const api::ScaleTargetSpec& other) {
  return one.kind == other.kind && one.name == other.name &&
         group_of(one.api_version) == group_of(other.api_version);
}

}  // namespace

bool is_autoscaled(const Policy& policy) {
  return policy.parsed.autoscaling && policy.parsed.autoscaling->mode != api::ScalingMode::kOff &&
         policy.parsed.mode != api::Mode::kOff;
}

std::string described(const api::ScaleTargetSpec& target) {
  const std::size_t slash = target.api_version.find('/');
  const std::string group =
      slash == std::string::npos ? std::string() : target.api_version.substr(0, slash);
  // Kinds of the cluster's own groups have no namesakes there.
  const bool is_told = !group.empty() && group != "apps";
  return target.kind + (is_told ? "." + group : "") + " " + target.name;
}

ApiResult<std::optional<LiveTarget>> find_target(const Stores& stores, kube::Client& client,
                                                 kube::Discovery& discovery, const Policy& policy) {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  const std::string& ns = policy.meta.ns;
  const auto watched = [&](const kube::ResourceType& type,
                           const auto& store) -> std::optional<LiveTarget> {
    const Ptr<reconcile::Workload> found = store.find(ns, target.name);
    if (found == nullptr) {
      return std::nullopt;
    }
    return LiveTarget{.path = type.object(ns, target.name, "scale"),
                      .uid = found->meta.uid,
                      .created = found->meta.created,
                      .resource_version = found->meta.resource_version,
                      .replicas = static_cast<int>(found->replicas),
                      .replica_owners = found->replica_owners};
  };
  if (target.api_version == "apps/v1" && target.kind == "Deployment") {
    return watched(kube::kDeployments, stores.deployments);
  }
  if (target.api_version == "apps/v1" && target.kind == "StatefulSet") {
    return watched(kube::kStatefulSets, stores.stateful_sets);
  }
  const auto type = discovery.kind(target.api_version, target.kind);
  if (!type) {
    return std::unexpected(type.error());
  }
  if (!*type || !(*type)->has_scale || !(*type)->namespaced) {
    return std::nullopt;
  }
  const std::string path = (*type)->type().object(ns, target.name, "scale");
  const ApiResult<kube::Scale> scale = kube::read_scale(client, path);
  if (!scale && scale.error().not_found()) {
    discovery.forget(target.api_version);
    return std::nullopt;
  }
  if (!scale) {
    return std::unexpected(scale.error());
  }
  return LiveTarget{.path = path,
                    .object = (*type)->type().object(ns, target.name),
                    .uid = scale->uid,
                    .created = scale->created,
                    .resource_version = scale->resource_version,
                    .replicas = static_cast<int>(scale->wanted),
                    .pods = kube::parse_label_query(scale->selector)};
}

std::string other_scaler(const Stores& stores, const Policy& policy) {
  const api::ScaleTargetSpec& target = policy.parsed.autoscaling->target;
  for (const auto& other : stores.pod_autoscalers.list(policy.meta.ns)) {
    if (other->target_kind == target.kind && other->target_name == target.name) {
      return "HorizontalPodAutoscaler " + other->meta.name;
    }
  }
  for (const auto& other : stores.policies.list(policy.meta.ns)) {
    const bool older = std::pair(other->meta.created, other->meta.name) <
                       std::pair(policy.meta.created, policy.meta.name);
    // Of one whose version in force is not known, the newest says what it may scale again.
    const Ptr<Policy> in_force = older ? stores.in_force.of(other) : nullptr;
    const Ptr<Policy>& scales = in_force != nullptr ? in_force : other;
    if (older && is_autoscaled(*scales) &&
        is_same_object(scales->parsed.autoscaling->target, target)) {
      return "OptimizationPolicy " + other->meta.name;
    }
  }
  return "";
}

}  // namespace penstock::controllers

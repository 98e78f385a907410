#include "operator/capacity/buffer_provider.h"

#include <algorithm>
#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::capacity {
namespace {

using kube::ApiResult;

constexpr const char* kGroup = "autoscaling.x-k8s.io";

// Its conditions are the node autoscaler's: without any, none has looked at it.
Standing standing_of(const json::Value& buffer) {
  const json::Value& conditions = kube::list_of(kube::member(buffer, "status"), "conditions");
  if (conditions.empty()) {
    return {"AwaitingAutoscaler",
            "no node autoscaler has taken the CapacityBuffer yet; Karpenter needs the feature gate "
            "CapacityBuffer, the cluster-autoscaler --capacity-buffer-controller-enabled"};
  }
  for (const json::Value& condition : conditions) {
    if (kube::text_of(condition, "type") == "ReadyForProvisioning" &&
        kube::text_of(condition, "status") == "False") {
      return {"BufferNotReady", kube::text_of(condition, "message")};
    }
  }
  return {};
}

}  // namespace

ApiResult<std::optional<kube::ServedType>> BufferProvider::served() {
  return discovery_.resource(kGroup, {"v1", "v1beta1", "v1alpha1"}, "capacitybuffers");
}

ApiResult<Standing> BufferProvider::hold(const Wish& wish) {
  const auto type = served();
  if (!type) {
    return std::unexpected(type.error());
  }
  if (!*type) {
    return Standing{"CapacityBufferNotServed",
                    "the cluster serves no CapacityBuffer (autoscaling.x-k8s.io); use provider "
                    "Auto or Placeholder"};
  }
  const std::string api_version = (*type)->type().api_version();
  Standing worst;
  bool on_spot = false;
  for (const HeadroomPart& part : wish.parts) {
    const Placeholder placeholder = placeholder_of(wish, part, image_);
    on_spot = on_spot || part.suffix == kSpotHeadroom;
    // The template comes first: a buffer without one is not ready.
    const auto shaped = client_.apply(
        kube::kPodTemplates.object(wish.policy.ns, placeholder.name()), pod_template(placeholder));
    if (!shaped) {
      return std::unexpected(shaped.error());
    }
    const auto buffer = client_.apply((*type)->type().object(wish.policy.ns, placeholder.name()),
                                      capacity_buffer(placeholder, api_version, part.replicas));
    if (!buffer) {
      if (buffer.error().not_found()) {
        discovery_.forget(api_version);
      }
      return std::unexpected(buffer.error());
    }
    if (Standing standing = standing_of(*buffer); !standing.reason.empty() && part.replicas > 0) {
      worst = std::move(standing);
    }
  }
  if (!on_spot) {
    if (const auto removed = remove(**type, wish.policy, kSpotHeadroom); !removed) {
      return std::unexpected(removed.error());
    }
  }
  return worst;
}

ApiResult<void> BufferProvider::remove(const kube::ServedType& type, const kube::ObjectMeta& policy,
                                       const std::string& suffix) {
  const std::string name = Placeholder{.policy = policy, .suffix = suffix}.name();
  for (const std::string& path :
       {type.type().object(policy.ns, name), kube::kPodTemplates.object(policy.ns, name)}) {
    const auto removed = client_.remove(path);
    if (!removed && !removed.error().not_found()) {
      return removed;
    }
  }
  return {};
}

ApiResult<void> BufferProvider::release(const kube::ObjectMeta& policy) {
  const auto type = served();
  if (!type) {
    return std::unexpected(type.error());
  }
  if (!*type) {
    return {};  // the definition is gone, and its objects with it
  }
  for (const char* suffix : {kHeadroom, kSpotHeadroom}) {
    if (ApiResult<void> removed = remove(**type, policy, suffix); !removed) {
      return removed;
    }
  }
  return {};
}

}  // namespace penstock::capacity

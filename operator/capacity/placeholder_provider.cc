#include "operator/capacity/placeholder_provider.h"

#include "operator/kube/object_meta.h"

namespace penstock::capacity {
namespace {

using kube::ApiResult;

// That a quota, or a missing PriorityClass, stands in the way is told on the Deployment alone.
Standing standing_of(const json::Value& deployment) {
  for (const json::Value& condition :
       kube::list_of(kube::member(deployment, "status"), "conditions")) {
    if (kube::text_of(condition, "type") == "ReplicaFailure" &&
        kube::text_of(condition, "status") == "True") {
      return {"PlaceholdersRefused", kube::text_of(condition, "message")};
    }
  }
  return {};
}

}  // namespace

ApiResult<Standing> PlaceholderProvider::hold(const Wish& wish) {
  Standing worst;
  bool on_spot = false;
  for (const HeadroomPart& part : wish.parts) {
    const Placeholder placeholder = placeholder_of(wish, part, image_, priority_class_);
    on_spot = on_spot || part.suffix == kSpotHeadroom;
    const auto written =
        client_.apply(kube::kDeployments.object(wish.policy.ns, placeholder.name()),
                      placeholder_deployment(placeholder, part.replicas));
    if (!written) {
      return std::unexpected(written.error());
    }
    if (Standing standing = standing_of(*written); !standing.reason.empty()) {
      worst = std::move(standing);
    }
  }
  if (!on_spot) {
    if (const auto removed = remove(wish.policy, kSpotHeadroom); !removed) {
      return std::unexpected(removed.error());
    }
  }
  return worst;
}

ApiResult<void> PlaceholderProvider::remove(const kube::ObjectMeta& policy,
                                            const std::string& suffix) {
  const std::string name = Placeholder{.policy = policy, .suffix = suffix}.name();
  ApiResult<void> removed = client_.remove(kube::kDeployments.object(policy.ns, name));
  if (!removed && removed.error().not_found()) {
    return {};
  }
  return removed;
}

ApiResult<void> PlaceholderProvider::release(const kube::ObjectMeta& policy) {
  for (const char* suffix : {kHeadroom, kSpotHeadroom}) {
    if (ApiResult<void> removed = remove(policy, suffix); !removed) {
      return removed;
    }
  }
  return {};
}

}  // namespace penstock::capacity

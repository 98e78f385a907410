#include "operator/controllers/shared_pool.h"

#include <string_view>
#include <tuple>

#include "operator/capacity/scale_provider.h"
#include "operator/controllers/capacity_controller.h"
#include "operator/controllers/scale_target.h"

namespace penstock::controllers {
namespace {

using reconcile::Policy;

// nullptr: it keeps no pool.
const api::NodePoolSpec* kept_pool(const Policy& policy) {
  if (!policy.errors.empty() || !is_autoscaled(policy) || !wants_nodes(policy)) {
    return nullptr;
  }
  const api::NodeCapacitySpec& nodes = *policy.parsed.autoscaling->nodes;
  const bool keeps = policy.parsed.autoscaling->mode == api::ScalingMode::kEnforce &&
                     nodes.provider == api::NodeProvider::kScale && nodes.scale;
  return keeps ? &*nodes.scale : nullptr;
}

std::string_view group_of(const api::NodePoolSpec& pool) {
  const std::string_view version = pool.api_version;
  return version.substr(0, version.find('/'));
}

bool is_same_pool(const api::NodePoolSpec& one, const std::string& ns,
                  const api::NodePoolSpec& other, const std::string& other_ns) {
  return one.kind == other.kind && one.name == other.name && group_of(one) == group_of(other) &&
         (ns == other_ns || capacity::is_karpenter(one));
}

auto age_of(const Policy& policy) {
  return std::tie(policy.meta.created, policy.meta.ns, policy.meta.name);
}

}  // namespace

std::string older_pool_keeper(const Stores& stores, const Policy& policy) {
  const api::NodePoolSpec* pool = kept_pool(policy);
  if (pool == nullptr) {
    return "";
  }
  for (const auto& other : stores.policies.list()) {
    const api::NodePoolSpec* others = kept_pool(*other);
    if (others != nullptr && age_of(*other) < age_of(policy) &&
        is_same_pool(*pool, policy.meta.ns, *others, other->meta.ns)) {
      return other->meta.key();
    }
  }
  return "";
}

}  // namespace penstock::controllers

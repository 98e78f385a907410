#include "operator/capacity/scale_provider.h"

#include <string_view>

#include "operator/kube/scale.h"

namespace penstock::capacity {
namespace {

using kube::ApiResult;

constexpr std::string_view kKarpenter = "karpenter.sh/";
constexpr std::string_view kClusterApi = "cluster.x-k8s.io/";
constexpr const char* kNodePoolLabel = "karpenter.sh/nodepool";

bool is_karpenter(const api::NodePoolSpec& pool) {
  return pool.kind == "NodePool" && pool.api_version.starts_with(kKarpenter);
}

std::string described(const api::NodePoolSpec& pool) {
  return pool.kind + " " + pool.name;
}

}  // namespace

bool is_in_pool(const api::NodePoolSpec& pool, const std::map<std::string, std::string>& labels,
                const std::string& machine_owner) {
  if (pool.api_version.starts_with(kClusterApi)) {
    return machine_owner == pool.name || machine_owner.starts_with(pool.name + "-");
  }
  if (!is_karpenter(pool)) {
    return true;
  }
  const auto found = labels.find(kNodePoolLabel);
  return found != labels.end() && found->second == pool.name;
}

ApiResult<Standing> ScaleProvider::hold(const Wish& wish) {
  const int per_node = static_cast<int>(pool_.gpus_per_node) / wish.gpus_per_replica;
  if (per_node == 0) {
    return Standing{"NodeTooSmall", "a node of " + described(pool_) + " has " +
                                        std::to_string(pool_.gpus_per_node) +
                                        " GPUs and a replica asks for " +
                                        std::to_string(wish.gpus_per_replica)};
  }
  const auto type = discovery_.kind(pool_.api_version, pool_.kind);
  if (!type) {
    return std::unexpected(type.error());
  }
  if (!*type || !(*type)->has_scale) {
    return Standing{"NodePoolNotFound",
                    pool_.api_version + " " + pool_.kind + " is not served, or has no /scale"};
  }
  const std::string path =
      (*type)->type().object((*type)->namespaced ? wish.policy.ns : "", pool_.name, "scale");
  const ApiResult<kube::Scale> scale = kube::read_scale(client_, path);
  if (!scale && scale.error().not_found()) {
    discovery_.forget(pool_.api_version);
    return Standing{"NodePoolNotFound", described(pool_) + " is not there, or has no replicas"};
  }
  if (!scale) {
    return std::unexpected(scale.error());
  }
  const std::int64_t size = pool_size({.wanted = scale->wanted,
                                       .nodes = wish.room.pool_nodes,
                                       .empty = wish.room.pool_empty,
                                       .going = wish.room.pool_going,
                                       .expected = wish.expected,
                                       .allocatable = wish.room.allocatable,
                                       .replicas_per_node = per_node,
                                       .may_shrink = is_karpenter(pool_)});
  if (size != scale->wanted) {
    const auto written = kube::write_scale(client_, path, size, scale->resource_version);
    // Somebody wrote it since: that is looked at first.
    if (!written && !written.error().conflict()) {
      return std::unexpected(written.error());
    }
  }
  return Standing{};
}

}  // namespace penstock::capacity

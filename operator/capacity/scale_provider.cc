#include "operator/capacity/scale_provider.h"

#include <array>
#include <string_view>

#include "operator/kube/scale.h"

namespace penstock::capacity {
namespace {

using kube::ApiResult;

constexpr std::string_view kKarpenter = "karpenter.sh/";
constexpr std::string_view kClusterApi = "cluster.x-k8s.io/";
constexpr const char* kNodePoolLabel = "karpenter.sh/nodepool";
constexpr std::string_view kMachineSet = "MachineSet";

// By these cluster-autoscaler knows a pool of Cluster API as its own.
constexpr std::array kAutoscalerBounds = {
    "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
    "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"};

bool is_cluster_api(const api::NodePoolSpec& pool) {
  return pool.api_version.starts_with(kClusterApi);
}

std::string described(const api::NodePoolSpec& pool) {
  return pool.kind + " " + pool.name;
}

}  // namespace

bool is_karpenter(const api::NodePoolSpec& pool) {
  return pool.kind == "NodePool" && pool.api_version.starts_with(kKarpenter);
}

bool knows_its_nodes(const api::NodePoolSpec& pool) {
  return is_cluster_api(pool) || is_karpenter(pool);
}

bool is_in_pool(const api::NodePoolSpec& pool, const std::map<std::string, std::string>& labels,
                const MachineOwner& machine_owner) {
  if (is_cluster_api(pool)) {
    const bool by_set = pool.kind == "MachineDeployment";
    const std::string_view kind = by_set ? kMachineSet : std::string_view(pool.kind);
    return (machine_owner.kind.empty() || machine_owner.kind == kind) &&
           (by_set ? kube::is_made_of(pool.name, machine_owner.name)
                   : machine_owner.name == pool.name);
  }
  if (!is_karpenter(pool)) {
    return true;
  }
  const auto found = labels.find(kNodePoolLabel);
  return found != labels.end() && found->second == pool.name;
}

// Two that scale one pool undo each other's work.
ApiResult<Standing> ScaleProvider::unless_autoscaled(const std::string& path) {
  const ApiResult<json::Value> object = client_.get(path);
  if (!object) {
    return std::unexpected(object.error());
  }
  const json::Value& annotations = kube::member(kube::member(*object, "metadata"), "annotations");
  for (const char* bound : kAutoscalerBounds) {
    if (!kube::member(annotations, bound).is_null()) {
      return Standing{"ManagedByClusterAutoscaler",
                      described(pool_) + " has the annotation " + bound +
                          ", so cluster-autoscaler scales it: take another provider, which makes "
                          "it add nodes, or remove the annotation"};
    }
  }
  return Standing{};
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
  const std::string ns = (*type)->namespaced ? wish.policy.ns : "";
  const std::string path = (*type)->type().object(ns, pool_.name, "scale");
  const ApiResult<kube::Scale> scale = kube::read_scale(client_, path);
  if (!scale && scale.error().not_found()) {
    discovery_.forget(pool_.api_version);
    return Standing{"NodePoolNotFound", described(pool_) + " is not there, or has no replicas"};
  }
  if (!scale) {
    return std::unexpected(scale.error());
  }
  if (is_cluster_api(pool_)) {
    ApiResult<Standing> free = unless_autoscaled((*type)->type().object(ns, pool_.name));
    if (!free || !free->reason.empty()) {
      return free;
    }
  }
  PoolInputs inputs{.wanted = scale->wanted,
                    .nodes = wish.room.pool_nodes,
                    .coming = wish.room.pool_coming,
                    .empty = wish.room.pool_empty,
                    .going = wish.room.pool_going,
                    .expected = wish.expected,
                    .headroom = wish.headroom,
                    .headroom_max = wish.headroom_max,
                    .interrupted = wish.room.interrupted,
                    .allocatable = wish.room.allocatable,
                    .replicas_per_node = per_node,
                    .may_shrink = is_karpenter(pool_)};
  const std::int64_t size = pool_size(inputs);
  if (size != scale->wanted) {
    const auto written = kube::write_scale(client_, path, size, scale->resource_version);
    // Somebody wrote it since: that is looked at first.
    if (!written && !written.error().conflict()) {
      return std::unexpected(written.error());
    }
  }
  inputs.headroom_max = kCountMax;
  if (size < pool_size(inputs)) {
    return Standing{"NodeBeyondLimits",
                    "a node of " + described(pool_) + " has " +
                        std::to_string(pool_.gpus_per_node) +
                        " GPUs; with one more, more would be kept ahead than limits allow, so it "
                        "is bought once a replica needs it"};
  }
  return Standing{};
}

}  // namespace penstock::capacity

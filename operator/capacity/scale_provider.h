#pragma once

#include <map>
#include <string>
#include <utility>

#include "lib/api/node_capacity_spec.h"
#include "operator/capacity/provider.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

namespace penstock::capacity {

// The replicas of a pool of nodes, by its /scale. One that cluster-autoscaler scales, too, is left
// alone: it would take away each node that nobody uses yet. It asks for fewer only where the pool
// is known to give up empty nodes first, and then never for less than those that are used: a static
// NodePool of Karpenter. A MachineDeployment takes any of its machines.
class ScaleProvider final : public NodeCapacityProvider {
 public:
  ScaleProvider(kube::Client& client, kube::Discovery& discovery, api::NodePoolSpec pool)
      : client_(client), discovery_(discovery), pool_(std::move(pool)) {}

  [[nodiscard]] std::string_view name() const override { return "Scale"; }
  kube::ApiResult<Standing> hold(const Wish& wish) override;
  // The pool is somebody's own: its nodes stay.
  kube::ApiResult<void> release(const kube::ObjectMeta& /*policy*/) override { return {}; }

 private:
  // Of a Cluster API pool, whose object is at `path`.
  kube::ApiResult<Standing> unless_autoscaled(const std::string& path);

  kube::Client& client_;
  kube::Discovery& discovery_;
  const api::NodePoolSpec pool_;
};

// Whose machine a node is, as Cluster API notes it on the node. A kind may be left out.
struct MachineOwner {
  std::string kind;
  std::string name;
};

// A static NodePool, which is of no namespace.
bool is_karpenter(const api::NodePoolSpec& pool);

// Whether a pool's own nodes can be told from others: Cluster API's and Karpenter's.
bool knows_its_nodes(const api::NodePoolSpec& pool);

// Whether a node with these labels is one of the pool's. The owner of a MachineDeployment's
// machines is a MachineSet that is called after it, that of others' is the pool itself. Of kinds
// whose nodes cannot be told all on which the target may run are.
bool is_in_pool(const api::NodePoolSpec& pool, const std::map<std::string, std::string>& labels,
                const MachineOwner& machine_owner);

}  // namespace penstock::capacity

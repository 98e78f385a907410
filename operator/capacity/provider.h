#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/capacity/documents.h"
#include "operator/capacity/room.h"
#include "operator/kube/api.h"

namespace penstock::capacity {

// Room for so many replicas on nodes of one choice.
struct HeadroomPart {
  std::string suffix;  // kHeadroom, kSpotHeadroom
  NodeChoice nodes;
  int replicas = 0;
};
inline constexpr const char* kHeadroom = "headroom";
inline constexpr const char* kSpotHeadroom = "headroom-spot";

// What a policy asks a provider for.
struct Wish {
  kube::ObjectMeta policy;
  json::Value pod_spec;  // of the target's template
  json::Value sidecar;   // what is injected beside it; null: nothing
  std::vector<HeadroomPart> parts;
  // For those that count nodes: replicas in all, and what nodes there are for them.
  int expected = 0;
  int headroom = 0;      // of these, beyond those that there are
  int headroom_max = 0;  // that the policy's limits allow
  int gpus_per_replica = 1;
  Room room;
};

// Of one part, what stands for a replica.
inline Placeholder placeholder_of(const Wish& wish, const HeadroomPart& part,
                                  const std::string& image,
                                  const std::string& priority_class = "") {
  return {.policy = wish.policy,
          .suffix = part.suffix,
          .pod_spec = wish.pod_spec,
          .sidecar = wish.sidecar,
          .nodes = part.nodes,
          .image = image,
          .priority_class = priority_class};
}

// What a provider says of it.
struct Standing {
  std::string reason;  // empty: nothing stands in the way
  std::string message;
};

// Who makes nodes. Never deletes one: it only asks for less. Threads: any, but one at a time for
// one policy.
class NodeCapacityProvider {
 public:
  NodeCapacityProvider() = default;
  virtual ~NodeCapacityProvider() = default;
  NodeCapacityProvider(const NodeCapacityProvider&) = delete;
  NodeCapacityProvider& operator=(const NodeCapacityProvider&) = delete;

  // Its name in a status: that of the spec's `provider`.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // May be repeated: what is so already is not written.
  virtual kube::ApiResult<Standing> hold(const Wish& wish) = 0;
  // Takes back what it asked for in the policy's name.
  virtual kube::ApiResult<void> release(const kube::ObjectMeta& policy) = 0;
};

}  // namespace penstock::capacity

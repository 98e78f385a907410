#include "operator/capacity/pod_shape.h"
#include "operator/controllers/readers.h"

namespace penstock::controllers {
namespace {

using json::Value;
using kube::flag_of;
using kube::member;
using kube::text_of;

}  // namespace

reconcile::Node read_node(const Value& object) {
  const Value& spec = member(object, "spec");
  const Value& status = member(object, "status");
  const Value& annotations = member(member(object, "metadata"), "annotations");
  reconcile::Node node{.meta = kube::read_meta(object),
                       .machine_owner = text_of(annotations, "cluster.x-k8s.io/owner-name"),
                       .schedulable = !flag_of(spec, "unschedulable"),
                       .allocatable = capacity::devices_in(member(status, "allocatable")),
                       .capacity = capacity::devices_in(member(status, "capacity")),
                       .machine_owner_kind = text_of(annotations, "cluster.x-k8s.io/owner-kind")};
  for (const Value& taint : kube::list_of(spec, "taints")) {
    node.taints.push_back(
        {text_of(taint, "key"), text_of(taint, "value"), text_of(taint, "effect")});
  }
  for (const Value& condition : kube::list_of(status, "conditions")) {
    if (text_of(condition, "type") == "Ready") {
      node.ready = text_of(condition, "status") == "True";
    }
  }
  return node;
}

}  // namespace penstock::controllers

#include "operator/controllers/node_sights.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "operator/capacity/interruption.h"
#include "operator/capacity/provider.h"
#include "operator/capacity/scale_provider.h"

namespace penstock::controllers {
namespace {

using capacity::NodeSight;
using reconcile::Node;
using reconcile::Pod;
using reconcile::Policy;

// What clouds and device plugins put on nodes with GPUs, before those are registered.
constexpr std::array kGpuLabels = {
    "nvidia.com/gpu.present",
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "k8s.amazonaws.com/accelerator",
};

std::int64_t count_in(const std::map<std::string, std::int64_t>& devices,
                      const std::string& resource) {
  const auto found = devices.find(resource);
  return found == devices.end() ? 0 : found->second;
}

bool is_labelled(const Node& node) {
  return std::ranges::any_of(kGpuLabels,
                             [&](const char* label) { return node.meta.labels.contains(label); });
}

bool has_gpus(const Node& node, const std::string& resource) {
  return node.capacity.contains(resource) || node.allocatable.contains(resource) ||
         is_labelled(node);
}

std::string interruption_of(const Node& node) {
  std::string taint = capacity::interruption_of(node.taints);
  return taint.empty() && node.meta.deleting ? "deleted" : taint;
}

// It only keeps room for this policy's replicas, which take its place.
bool is_placeholder(const Policy& policy, const Pod& pod) {
  const auto label = pod.meta.labels.find(capacity::kHeadroomLabel);
  return label != pod.meta.labels.end() && pod.meta.ns == policy.meta.ns &&
         std::ranges::any_of(
             std::array{capacity::kHeadroom, capacity::kSpotHeadroom}, [&](const char* suffix) {
               return capacity::Placeholder{.policy = policy.meta, .suffix = suffix}.label() ==
                      label->second;
             });
}

struct Seen {
  NodeSight sight;
  std::string interruption;
  bool fits = true;
  bool tainted = false;  // since it was set up, and that alone is why it does not fit
};

using Found = std::map<std::string, Seen>;  // by name

// Counts a pod, which holds so many GPUs, on its node.
void place(const TargetPods& replicas, const Pod& pod, std::int64_t held, Found& found,
           NodeSights& result) {
  const auto node = found.find(pod.node);
  if (pod.finished || node == found.end() || is_placeholder(replicas.policy, pod)) {
    return;
  }
  NodeSight& sight = node->second.sight;
  sight.empty = sight.empty && held == 0;
  if (!replicas.has(pod)) {
    sight.taken += held;
    return;
  }
  sight.empty = false;
  ++sight.pods;
  if (sight.interrupted && result.interruption.empty()) {
    result.interruption = sight.name + " (" + node->second.interruption + ")";
  }
}

// The same of devices by a claim; null: its pod is not known.
void take(const TargetPods& replicas, const Pod* pod, const capacity::DeviceHold& hold,
          Found& found) {
  const auto node = found.find(hold.node);
  if (node == found.end() || (pod != nullptr && is_placeholder(replicas.policy, *pod))) {
    return;
  }
  NodeSight& sight = node->second.sight;
  sight.empty = false;
  if (pod == nullptr || !replicas.has(*pod)) {
    sight.taken += hold.devices;
  }
}

// A pool's node that the target does not fit is taken for one that comes: new ones have taints
// until they are set up. Not so where it is in use, or was tainted since. Where more are than fit,
// it is the pool that has the taint, and it would buy one after the other.
void leave_out_coming(Found& found) {
  const auto fits = [](const auto& node) { return node.second.sight.in_pool && node.second.fits; };
  const auto is_lost = [](const auto& node) {
    return node.second.tainted && node.second.sight.empty;
  };
  const bool replaces = std::ranges::count_if(found, is_lost) <= std::ranges::count_if(found, fits);
  std::erase_if(found, [replaces](const auto& node) {
    const Seen& seen = node.second;
    return !seen.fits && seen.sight.empty && !(seen.tainted && replaces);
  });
}

}  // namespace

bool waited_for_node(const Stores& stores, const Pod& pod) {
  const auto node = pod.node.empty() ? nullptr : stores.nodes.find("", pod.node);
  return node != nullptr && node->meta.created > pod.meta.created;
}

NodeSights node_sights(const Stores& stores, const TargetPods& replicas,
                       const capacity::PodShape& shape,
                       const std::optional<api::NodePoolSpec>& pool,
                       const std::string& settled_since, const capacity::DeviceView& claimed) {
  Found found;
  for (const auto& node : stores.nodes.list()) {
    const bool may_have = shape.by_claims
                              ? claimed.on_node.contains(node->meta.name) || is_labelled(*node)
                              : has_gpus(*node, shape.resource);
    if (!may_have) {
      continue;  // most of a cluster's nodes
    }
    const bool fits = capacity::fits(shape.pod_spec, {node->meta.labels, node->taints});
    const bool in_pool =
        pool && capacity::is_in_pool(*pool, node->meta.labels,
                                     {node->machine_owner_kind, node->machine_owner});
    if (!fits && !(in_pool && capacity::knows_its_nodes(*pool))) {
      continue;
    }
    std::string interruption = interruption_of(*node);
    NodeSight sight{.name = node->meta.name,
                    .ready = node->ready,
                    .schedulable = node->schedulable && fits,
                    .interrupted = !interruption.empty(),
                    .allocatable = shape.by_claims ? count_in(claimed.on_node, node->meta.name)
                                                   : count_in(node->allocatable, shape.resource),
                    .in_pool = in_pool};
    found.emplace(node->meta.name,
                  Seen{.sight = std::move(sight),
                       .interruption = std::move(interruption),
                       .fits = fits,
                       .tainted = !fits && node->meta.created < settled_since &&
                                  capacity::fits(shape.pod_spec, {node->meta.labels, {}})});
  }
  NodeSights result;
  for (const auto& pod : stores.pods.list()) {
    if (pod->devices.empty() && pod->meta.ns != replicas.policy.meta.ns) {
      continue;  // most of a cluster's pods
    }
    result.replicas += replicas.has(*pod) ? 1 : 0;
    place(replicas, *pod, shape.by_claims ? 0 : count_in(pod->devices, shape.resource), found,
          result);
  }
  for (const capacity::DeviceHold& hold : claimed.holds) {
    take(replicas, stores.pods.find(hold.ns, hold.pod).get(), hold, found);
  }
  leave_out_coming(found);
  for (auto& entry : found) {
    result.nodes.push_back(std::move(entry.second.sight));
  }
  return result;
}

}  // namespace penstock::controllers

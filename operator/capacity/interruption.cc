#include "operator/capacity/interruption.h"

#include <algorithm>
#include <array>

namespace penstock::capacity {
namespace {

constexpr std::array<std::string_view, 13> kKeys = {
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",  // before its v1
    "aws-node-termination-handler/spot-itn",
    "aws-node-termination-handler/scheduled-maintenance",
    "aws-node-termination-handler/asg-lifecycle-termination",
    "aws-node-termination-handler/rebalance-recommendation",
    "cloud.google.com/impending-node-termination",
    "remediator.kubernetes.azure.com/unschedulable",
    "kubernetes.azure.com/scheduledevent",
    "ToBeDeletedByClusterAutoscaler",
    "node.kubernetes.io/out-of-service",
    "node.cloudprovider.kubernetes.io/shutdown",
    "node.ocs.openshift.io/preempted",
};

}  // namespace

bool is_interruption(std::string_view taint_key) {
  return std::ranges::find(kKeys, taint_key) != kKeys.end();
}

std::string interruption_of(const std::vector<Taint>& taints) {
  const auto found =
      std::ranges::find_if(taints, [](const Taint& taint) { return is_interruption(taint.key); });
  return found == taints.end() ? std::string() : found->key;
}

}  // namespace penstock::capacity

#include "operator/reconcile/accelerator.h"

#include <array>

namespace penstock::reconcile {

std::string accelerator_of(const std::map<std::string, std::string>& node_labels) {
  static constexpr std::array kLabels = {
      "nvidia.com/gpu.product",               // NVIDIA's GPU feature discovery
      "amd.com/gpu.product-name",             // AMD's node labeller
      "gpu.intel.com/product",                // Intel's device plugin
      "karpenter.k8s.aws/instance-gpu-name",  // Karpenter on AWS
      "karpenter.azure.com/sku-gpu-name",     // … and on Azure
      "karpenter.k8s.aws/instance-accelerator-name",
      "cloud.google.com/gke-accelerator",      // GKE's GPU nodes
      "cloud.google.com/gke-tpu-accelerator",  // … and its TPU nodes
      "k8s.amazonaws.com/accelerator",         // the cluster autoscaler's word on AWS
      "accelerator",                           // … and on Azure
  };
  for (const char* label : kLabels) {
    const auto found = node_labels.find(label);
    if (found != node_labels.end() && !found->second.empty()) {
      return found->second;
    }
  }
  return "";
}

}  // namespace penstock::reconcile

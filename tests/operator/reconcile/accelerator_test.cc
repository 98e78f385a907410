#include "operator/reconcile/accelerator.h"

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

TEST(AcceleratorTest, WhatEachProviderCallsIt) {
  EXPECT_EQ(accelerator_of({{"nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"}}),
            "NVIDIA-H100-80GB-HBM3");
  EXPECT_EQ(accelerator_of({{"cloud.google.com/gke-accelerator", "nvidia-l4"}}), "nvidia-l4");
  EXPECT_EQ(accelerator_of({{"karpenter.k8s.aws/instance-gpu-name", "a10g"}}), "a10g");
  EXPECT_EQ(accelerator_of({{"kubernetes.io/arch", "amd64"}, {"accelerator", ""}}), "");
}

TEST(AcceleratorTest, TheMostExactCounts) {
  EXPECT_EQ(accelerator_of({{"karpenter.k8s.aws/instance-gpu-name", "h100"},
                            {"nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"}}),
            "NVIDIA-H100-80GB-HBM3");
}

}  // namespace
}  // namespace penstock::reconcile

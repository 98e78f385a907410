#pragma once

#include "operator/capacity/provider.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"

namespace penstock::capacity {

// A CapacityBuffer (autoscaling.x-k8s.io), which Karpenter and the cluster-autoscaler act on, and
// the PodTemplate that it stands for.
class BufferProvider final : public NodeCapacityProvider {
 public:
  BufferProvider(kube::Client& client, kube::Discovery& discovery, std::string image)
      : client_(client), discovery_(discovery), image_(std::move(image)) {}

  // The version that the cluster serves, the newest first; nothing: none.
  kube::ApiResult<std::optional<kube::ServedType>> served();

  [[nodiscard]] std::string_view name() const override { return "CapacityBuffer"; }
  kube::ApiResult<Standing> hold(const Wish& wish) override;
  kube::ApiResult<void> release(const kube::ObjectMeta& policy) override;

 private:
  kube::ApiResult<void> remove(const kube::ServedType& type, const kube::ObjectMeta& policy,
                               const std::string& suffix);

  kube::Client& client_;
  kube::Discovery& discovery_;
  const std::string image_;
};

}  // namespace penstock::capacity

#pragma once

#include <utility>

#include "operator/capacity/provider.h"
#include "operator/kube/client.h"

namespace penstock::capacity {

// A Deployment of pods that do nothing, below every other pod: where they wait for a node, any node
// autoscaler makes one, and the target's pods take their place.
class PlaceholderProvider final : public NodeCapacityProvider {
 public:
  PlaceholderProvider(kube::Client& client, std::string image, std::string priority_class)
      : client_(client), image_(std::move(image)), priority_class_(std::move(priority_class)) {}

  [[nodiscard]] std::string_view name() const override { return "Placeholder"; }
  kube::ApiResult<Standing> hold(const Wish& wish) override;
  kube::ApiResult<void> release(const kube::ObjectMeta& policy) override;

 private:
  kube::ApiResult<void> remove(const kube::ObjectMeta& policy, const std::string& suffix);

  kube::Client& client_;
  const std::string image_;
  const std::string priority_class_;
};

}  // namespace penstock::capacity

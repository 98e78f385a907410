#include "operator/capacity/providers.h"

#include "lib/json/field.h"
#include "operator/capacity/buffer_provider.h"
#include "operator/capacity/placeholder_provider.h"
#include "operator/capacity/scale_provider.h"

namespace penstock::capacity {

using api::NodeProvider;

kube::ApiResult<Providers::Provider> Providers::of(const api::NodeCapacitySpec& spec) const {
  if (spec.provider == NodeProvider::kScale) {
    return std::make_unique<ScaleProvider>(client_, discovery_, *spec.scale);
  }
  if (spec.provider != NodeProvider::kAuto) {
    return maker(json::name_of(spec.provider));
  }
  const auto served = BufferProvider(client_, discovery_, image_).served();
  if (!served) {
    return std::unexpected(served.error());
  }
  return maker(json::name_of(*served ? NodeProvider::kCapacityBuffer : NodeProvider::kPlaceholder));
}

Providers::Provider Providers::maker(std::string_view name) const {
  if (name == json::name_of(NodeProvider::kCapacityBuffer)) {
    return std::make_unique<BufferProvider>(client_, discovery_, image_);
  }
  if (name == json::name_of(NodeProvider::kPlaceholder)) {
    return std::make_unique<PlaceholderProvider>(client_, image_, priority_class_);
  }
  return nullptr;  // a pool keeps its nodes
}

}  // namespace penstock::capacity

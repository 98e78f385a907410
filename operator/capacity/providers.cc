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
  NodeProvider provider = spec.provider;
  if (provider == NodeProvider::kAuto) {
    const auto served = BufferProvider(client_, discovery_, placeholders_.image).served();
    if (!served) {
      return std::unexpected(served.error());
    }
    provider = *served ? NodeProvider::kCapacityBuffer : NodeProvider::kPlaceholder;
  }
  if (provider == NodeProvider::kPlaceholder && !placeholders_.allowed) {
    constexpr int kForbidden = 403;
    return std::unexpected(kube::ApiError{
        .status = kForbidden,
        .message = spec.provider == NodeProvider::kAuto
                       ? "the cluster serves no CapacityBuffer, and placeholder pods are turned off"
                       : "placeholder pods are turned off"});
  }
  return maker(json::name_of(provider));
}

Providers::Provider Providers::maker(std::string_view name) const {
  if (name == json::name_of(NodeProvider::kCapacityBuffer)) {
    return std::make_unique<BufferProvider>(client_, discovery_, placeholders_.image);
  }
  if (name == json::name_of(NodeProvider::kPlaceholder)) {
    return std::make_unique<PlaceholderProvider>(client_, placeholders_.image,
                                                 placeholders_.priority_class);
  }
  return nullptr;  // a pool keeps its nodes
}

}  // namespace penstock::capacity

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/dialect/embeddings.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/stages/tiers.h"

namespace penstock::stages {

// Stores the answers that CacheStage found storable, once they ended well.
class StoreStage final : public pipeline::CallStage {
 public:
  StoreStage(const resolve::ResolvedPolicy& policy, Tiers tiers, const domain::KeyHasher& hasher);

  pipeline::Verdict on_call(request::CallContext& call) noexcept override;
  void on_response(request::CallContext& call, const http1::ResponseHead& head) noexcept override;
  void on_payload(request::CallContext& call, std::string_view payload) noexcept override;
  void on_complete(request::CallContext& call) noexcept override;

 private:
  [[nodiscard]] std::uint64_t bytes_max(const request::CallContext& call) const;
  [[nodiscard]] std::shared_ptr<domain::CacheEntry> new_entry(request::CallContext& call) const;
  void store(request::CallContext& call, const std::shared_ptr<domain::CacheEntry>& entry) const;
  void store_elements(request::CallContext& call);

  const resolve::Caching& settings_;
  Tiers tiers_;
  const domain::KeyHasher& hasher_;
  resolve::Millis ttl_;                    // the shortest of the policy's and its tiers'
  dialect::EmbeddingsRequest embeddings_;  // the one being stored
};

}  // namespace penstock::stages

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/dialect/embeddings.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/ports/cache_tier.h"

namespace penstock::stages {

// The tiers of a policy, in order. They outlive every snapshot that names them.
using Tiers = std::vector<std::shared_ptr<ports::CacheTier>>;

// Looks a request up: first by its bytes, then by its canonical form. What may be stored is left in
// the context for the flight stage and for StoreStage.
class CacheStage final : public pipeline::CallerStage {
 public:
  CacheStage(const resolve::ResolvedPolicy& policy, Tiers tiers, const domain::KeyHasher& hasher);

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;

 private:
  struct Found {
    domain::EntryPtr entry;
    bool stale = false;  // there was one, too old for this client
  };

  [[nodiscard]] std::optional<domain::BypassReason> refusal(
      const request::CallerContext& caller) const;
  pipeline::Verdict bypass(request::CallerContext& caller,
                           const domain::RequestCacheControl& control,
                           domain::BypassReason reason) const;
  static pipeline::Verdict not_cached(request::CallerContext& caller);
  void build_scope(const request::CallerContext& caller);
  Found look_up(request::CallerContext& caller, const domain::RequestCacheControl& control);

  const resolve::Caching& settings_;
  Tiers tiers_;
  const domain::KeyHasher& hasher_;
  std::vector<std::string> key_headers_;
  std::string scope_;
  std::vector<domain::KeyHeader> header_values_;
  std::optional<domain::BypassReason> refused_;  // by the look-up of the current request
};

// Stores the answers that CacheStage found storable, once they ended well.
class StoreStage final : public pipeline::CallStage {
 public:
  StoreStage(const resolve::ResolvedPolicy& policy, Tiers tiers);

  pipeline::Verdict on_call(request::CallContext& call) noexcept override;
  void on_response(request::CallContext& call, const http1::ResponseHead& head) noexcept override;
  void on_payload(request::CallContext& call, std::string_view payload) noexcept override;
  void on_complete(request::CallContext& call) noexcept override;

 private:
  [[nodiscard]] std::uint64_t bytes_max(const request::CallContext& call) const;
  [[nodiscard]] std::shared_ptr<domain::CacheEntry> new_entry(
      const request::CallContext& call) const;
  void store(const request::CallContext& call, std::string body) const;
  void store_elements(const request::CallContext& call);

  const resolve::Caching& settings_;
  Tiers tiers_;
  resolve::Millis ttl_;                    // the shortest of the policy's and its tiers'
  dialect::EmbeddingsRequest embeddings_;  // the one being stored
};

}  // namespace penstock::stages

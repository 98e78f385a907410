#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/cache_control.h"
#include "sidecar/domain/cache_entry.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/pipeline/stage.h"
#include "sidecar/stages/backend_board.h"
#include "sidecar/stages/tiers.h"

namespace penstock::stages {

// Looks a request up: first by its bytes, without reading them, then by its canonical form. What
// may be stored is left in the context for the flight stage and for StoreStage.
class CacheStage final : public pipeline::CallerStage {
 public:
  // The board outlives the stage.
  CacheStage(const resolve::ResolvedPolicy& policy, Tiers tiers, const domain::KeyHasher& hasher,
             const BackendBoard& board);

  pipeline::Verdict on_request(request::CallerContext& caller) noexcept override;

 private:
  // What a look-up came to.
  struct Found {
    domain::EntryPtr entry;
    bool stale = false;  // there was one, too old for this client
  };

  struct RouteKey {
    std::string target;          // stands for its backends
    bool parts_callers = false;  // whom a backend may judge apart makes no call together
  };

  [[nodiscard]] std::optional<domain::BypassReason> refusal(
      const request::CallerContext& caller) const;
  pipeline::Verdict bypass(request::CallerContext& caller,
                           const domain::RequestCacheControl& control,
                           domain::BypassReason reason) const;
  static pipeline::Verdict not_cached(request::CallerContext& caller);
  [[nodiscard]] bool needs_own_usage(const request::CallerContext& caller) const;
  void build_scope(const request::CallerContext& caller, std::string_view backend,
                   const std::vector<std::string>& headers);
  Found find_raw(request::CallerContext& caller, const domain::RequestCacheControl& control,
                 const digest::Hash128& raw);
  std::optional<domain::BypassReason> plan(request::CallerContext& caller,
                                           const digest::Hash128& raw);
  Found find_canonical(request::CallerContext& caller, const domain::RequestCacheControl& control);
  [[nodiscard]] bool answers(request::CallerContext& caller, const Found& found) const;
  static void end_lookup(request::CallerContext& caller);
  static pipeline::Verdict miss(request::CallerContext& caller,
                                const domain::RequestCacheControl& control, const Found& found);

  const resolve::Caching& settings_;
  Tiers tiers_;
  const domain::KeyHasher& hasher_;
  const BackendBoard& board_;
  // Headers that change answers; for the raw key also those that change the route.
  std::vector<std::string> key_headers_;
  std::vector<std::string> raw_key_headers_;
  // Stands for all that the policy makes of a request's bytes: which route they take, whether their
  // answer may be kept.
  std::string rules_;
  std::vector<RouteKey> routes_;  // by index of the policy's
  std::string scope_;
  std::vector<domain::KeyHeader> header_values_;
};

}  // namespace penstock::stages

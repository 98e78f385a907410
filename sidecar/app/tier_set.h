#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/cache_key.h"
#include "sidecar/stages/cache.h"

namespace penstock::app {

// The cache tiers of this process by the name of their CacheTier. A reload that leaves a tier's
// settings alone keeps what is in it; one that changes them starts it anew; one that drops it
// empties it at once, and frees it once the last request let go.
//
// Threads: the main thread; the tiers themselves are for any.
class TierSet {
 public:
  explicit TierSet(const domain::KeyHasher& hasher) : hasher_(hasher) {}

  // The tiers that the policy names, in its order.
  stages::Tiers use(const resolve::ResolvedPolicy& policy);

  struct Named {
    resolve::MemoryTier settings;
    std::shared_ptr<ports::CacheTier> tier;
  };
  [[nodiscard]] const std::vector<Named>& tiers() const { return tiers_; }

 private:
  const domain::KeyHasher& hasher_;
  std::vector<Named> tiers_;
};

}  // namespace penstock::app

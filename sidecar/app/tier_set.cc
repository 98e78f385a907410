#include "sidecar/app/tier_set.h"

#include <algorithm>

#include "sidecar/app/memory_limit.h"
#include "sidecar/store/memory_tier.h"

namespace penstock::app {

stages::Tiers TierSet::use(const resolve::ResolvedPolicy& policy) {
  std::vector<Named> named;
  stages::Tiers tiers;
  if (policy.caching) {
    for (const resolve::MemoryTier& settings : policy.caching->tiers) {
      const auto known = std::ranges::find_if(
          tiers_, [&settings](const Named& tier) { return tier.settings == settings; });
      std::shared_ptr<ports::CacheTier> tier;
      if (known != tiers_.end()) {
        tier = known->tier;
      } else {
        // A cache that grew beyond the container would take the requests in flight along.
        const store::MemoryTier::Settings memory{
            .size_bytes = cache_within(settings.size_bytes, memory_limit()),
            .eviction = settings.eviction};
        tier = std::make_shared<store::MemoryTier>(memory, hasher_);
      }
      tiers.push_back(tier);
      named.push_back({settings, std::move(tier)});
    }
  }
  // Requests of the policy before may hold a tier for hours, but need nothing in it.
  for (const Named& old : tiers_) {
    if (std::ranges::find(tiers, old.tier) == tiers.end()) {
      old.tier->clear();
    }
  }
  tiers_ = std::move(named);
  return tiers;
}

}  // namespace penstock::app

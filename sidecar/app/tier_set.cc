#include "sidecar/app/tier_set.h"

#include <algorithm>

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
        const store::MemoryTier::Settings memory{.size_bytes = settings.size_bytes,
                                                 .eviction = settings.eviction};
        tier = std::make_shared<store::MemoryTier>(memory, hasher_);
      }
      tiers.push_back(tier);
      named.push_back({settings, std::move(tier)});
    }
  }
  tiers_ = std::move(named);
  return tiers;
}

}  // namespace penstock::app

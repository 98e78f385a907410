#include "sidecar/app/tier_set.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/fakes/fake_key_hasher.h"

namespace penstock::app {
namespace {

resolve::ResolvedPolicy policy_with(std::uint64_t size_bytes) {
  resolve::ResolvedPolicy policy;
  policy.caching.emplace().tiers.push_back({.name = "ns/memory", .size_bytes = size_bytes});
  return policy;
}

class TierSetTest : public testing::Test {
 protected:
  static constexpr digest::Hash128 kKey{.low = 1};
  static constexpr std::uint64_t kSize = 1 << 20;

  static void fill(ports::CacheTier& tier) {
    auto entry = std::make_shared<domain::CacheEntry>();
    entry->canonical = kKey;
    entry->expires_at = clock::Instant(std::chrono::hours(1));
    tier.insert(entry);
  }
  static bool is_there(ports::CacheTier& tier) { return tier.peek(kKey, {}) != nullptr; }

  fakes::FakeKeyHasher hasher_;
  TierSet tiers_{hasher_};
};

TEST_F(TierSetTest, AReloadThatLeavesATierAloneKeepsWhatIsInIt) {
  const auto before = tiers_.use(policy_with(kSize)).front();
  fill(*before);
  EXPECT_EQ(tiers_.use(policy_with(kSize)).front(), before);
  EXPECT_TRUE(is_there(*before));
}

// A stream of the policy before may hold its tier for hours.
TEST_F(TierSetTest, ATierThatLeavesIsEmptiedThoughSomebodyHoldsIt) {
  const auto before = tiers_.use(policy_with(kSize)).front();
  fill(*before);
  EXPECT_NE(tiers_.use(policy_with(2 * kSize)).front(), before);
  EXPECT_FALSE(is_there(*before));
}

}  // namespace
}  // namespace penstock::app

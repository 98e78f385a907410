#include "sidecar/store/memory_tier.h"

#include <chrono>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <malloc.h>

#include "sidecar/store/seeded_key_hasher.h"
#include "tests/fakes/fake_key_hasher.h"

namespace penstock::store {
namespace {

using domain::Instant;
using std::chrono::seconds;

constexpr Instant kStart = Instant(std::chrono::hours(1));
constexpr std::uint64_t kTenant = 7;

class MemoryTierTest : public testing::TestWithParam<resolve::Eviction> {
 protected:
  MemoryTier tier(std::uint64_t bytes, std::size_t shards = 1) const {
    return MemoryTier({.size_bytes = bytes, .eviction = GetParam(), .shards = shards}, hasher_);
  }

  digest::Hash128 key(std::string_view name) const { return hasher_.canonical_key("", name); }

  domain::EntryPtr entry(std::string_view name, std::size_t bytes = 100,
                         std::uint64_t tenant = kTenant) const {
    auto made = std::make_shared<domain::CacheEntry>();
    made->canonical = key(name);
    made->tenant_hash = tenant;
    made->body.assign(bytes, 'x');
    made->expires_at = kStart + seconds(60);
    return made;
  }

  domain::KnownRequest known(const domain::RequestBytes& request) const {
    return {domain::RequestProof(request, hasher_), {.model = "m", .stream = true}};
  }

  bool insert(MemoryTier& tier, std::string_view name, std::string_view body,
              std::size_t bytes = 100, std::uint64_t tenant = kTenant) const {
    const domain::RequestBytes request = {.scope = "scope", .body = body};
    return tier.insert(entry(name, bytes, tenant), hasher_.raw_key(request), known(request));
  }

  domain::EntryPtr find_raw(MemoryTier& tier, std::string_view body, Instant now = kStart) const {
    const domain::RequestBytes request = {.scope = "scope", .body = body};
    return tier.find_raw(hasher_.raw_key(request), request, now).entry;
  }

  void alias(MemoryTier& tier, std::string_view name, std::string_view body) const {
    const domain::RequestBytes request = {.scope = "scope", .body = body};
    tier.alias(hasher_.raw_key(request), key(name), request, {.model = "m"});
  }

  SeededKeyHasher hasher_{
      {.raw_seed = 42, .tag = digest::TagKey({1, 2, 3}), .canonical = digest::MacKey({4})}};
};

INSTANTIATE_TEST_SUITE_P(Policies, MemoryTierTest,
                         testing::Values(resolve::Eviction::kS3Fifo, resolve::Eviction::kLru),
                         [](const auto& test) {
                           return test.param == resolve::Eviction::kLru ? "Lru" : "S3Fifo";
                         });

TEST_P(MemoryTierTest, FindsByBothKeys) {
  MemoryTier tier = this->tier(1 << 20);
  ASSERT_TRUE(insert(tier, "a", "body"));
  const auto found = tier.find_canonical(key("a"), kStart);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->body, std::string(100, 'x'));
  EXPECT_EQ(find_raw(tier, "body"), found);
  EXPECT_EQ(find_raw(tier, "bodx"), nullptr);
  EXPECT_EQ(tier.find_canonical(key("b"), kStart), nullptr);
  const auto stats = tier.stats();
  EXPECT_EQ(stats.entries, 1U);
  EXPECT_EQ(stats.aliases, 1U);
  EXPECT_EQ(stats.raw_hits, 1U);
  EXPECT_EQ(stats.canonical_hits, 1U);
  EXPECT_EQ(stats.misses, 1U);
  EXPECT_EQ(stats.inserted, 1U);
}

TEST_P(MemoryTierTest, PeekingCountsNothingAndExpiresNothing) {
  MemoryTier tier = this->tier(1 << 20);
  ASSERT_TRUE(insert(tier, "a", "body"));
  const auto seen = tier.peek(key("a"), kStart);
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->body, std::string(100, 'x'));
  EXPECT_EQ(tier.peek(key("b"), kStart), nullptr);
  EXPECT_EQ(tier.peek(key("a"), kStart + seconds(60)), nullptr);
  const auto stats = tier.stats();
  EXPECT_EQ(stats.hits(), 0U);
  EXPECT_EQ(stats.misses, 0U);
  EXPECT_EQ(stats.expirations, 0U);
  EXPECT_EQ(stats.entries, 1U);
}

TEST_P(MemoryTierTest, ExpiresToTheInstant) {
  MemoryTier tier = this->tier(1 << 20);
  ASSERT_TRUE(insert(tier, "a", "body"));
  EXPECT_NE(find_raw(tier, "body", kStart + seconds(60) - std::chrono::nanoseconds(1)), nullptr);
  EXPECT_EQ(find_raw(tier, "body", kStart + seconds(60)), nullptr);
  const auto stats = tier.stats();
  EXPECT_EQ(stats.expirations, 1U);
  EXPECT_EQ(stats.entries, 0U);
  EXPECT_EQ(stats.aliases, 0U);
}

TEST_P(MemoryTierTest, AnExpiredEntryGoesOnACanonicalLookupToo) {
  MemoryTier tier = this->tier(1 << 20);
  ASSERT_TRUE(insert(tier, "a", "body"));
  EXPECT_EQ(tier.find_canonical(key("a"), kStart + seconds(61)), nullptr);
  EXPECT_EQ(tier.stats().entries, 0U);
  EXPECT_EQ(tier.stats().misses, 1U);
}

TEST_P(MemoryTierTest, AReplacedEntryTakesItsAliasesAlong) {
  MemoryTier tier = this->tier(1 << 20);
  ASSERT_TRUE(insert(tier, "a", "one"));
  const std::uint64_t before = tier.stats().bytes;
  ASSERT_TRUE(insert(tier, "a", "two", 200));
  EXPECT_EQ(find_raw(tier, "one"), nullptr);
  EXPECT_EQ(find_raw(tier, "two")->body.size(), 200U);
  EXPECT_EQ(tier.stats().entries, 1U);
  EXPECT_EQ(tier.stats().aliases, 1U);
  EXPECT_EQ(tier.stats().bytes, before + 100);
}

TEST_P(MemoryTierTest, AliasesAreBoundedAndGoWithTheEntry) {
  MemoryTier tier = this->tier(1 << 20);
  const std::uint64_t empty = tier.stats().bytes;
  ASSERT_TRUE(insert(tier, "a", "0"));
  for (int i = 0; i < 10; ++i) {
    alias(tier, "a", std::to_string(i));
  }
  EXPECT_EQ(tier.stats().aliases, kAliasesPerEntryMax);
  EXPECT_NE(find_raw(tier, "3"), nullptr);
  EXPECT_EQ(find_raw(tier, "4"), nullptr);
  tier.remove(key("a"));
  EXPECT_EQ(tier.stats().aliases, 0U);
  EXPECT_EQ(tier.stats().bytes, empty);
}

TEST_P(MemoryTierTest, NoAliasForAnEntryThatIsGone) {
  MemoryTier tier = this->tier(1 << 20);
  alias(tier, "a", "body");
  EXPECT_EQ(tier.stats().aliases, 0U);
  ASSERT_TRUE(tier.insert(entry("b")));
  EXPECT_EQ(tier.stats().aliases, 0U);
  EXPECT_NE(tier.find_canonical(key("b"), kStart), nullptr);
}

TEST_P(MemoryTierTest, ClearsOneTenantOrAll) {
  MemoryTier tier = this->tier(4 << 20, 4);
  const std::uint64_t empty = tier.stats().bytes;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(insert(tier, "k" + std::to_string(i), "b" + std::to_string(i), 100,
                       static_cast<std::uint64_t>(i % 2)));
  }
  const auto held = find_raw(tier, "b1");
  EXPECT_EQ(tier.clear_tenant(1), 100U);
  EXPECT_EQ(find_raw(tier, "b1"), nullptr);
  EXPECT_NE(find_raw(tier, "b2"), nullptr);
  EXPECT_EQ(held->body.size(), 100U) << "who holds an entry keeps it";
  EXPECT_EQ(tier.clear(), 100U);
  EXPECT_EQ(tier.clear(), 0U);
  EXPECT_EQ(tier.stats().bytes, empty);
  EXPECT_EQ(tier.stats().aliases, 0U);
}

TEST_P(MemoryTierTest, RefusesWhatNeverFits) {
  MemoryTier tier = this->tier(64 << 10);
  ASSERT_TRUE(insert(tier, "small", "s"));
  EXPECT_FALSE(insert(tier, "big", "b", 64 << 10));
  EXPECT_NE(find_raw(tier, "s"), nullptr) << "nothing was evicted for it";
  EXPECT_EQ(tier.stats().rejected, 1U);
}

TEST_P(MemoryTierTest, ATierWithoutRoomStoresNothing) {
  MemoryTier tier = this->tier(0);
  EXPECT_FALSE(insert(tier, "a", "b"));
  EXPECT_EQ(find_raw(tier, "b"), nullptr);
}

TEST_P(MemoryTierTest, NeverExceedsItsBytesUnderRandomLoad) {
  constexpr std::uint64_t kBytes = 2 << 20;
  MemoryTier tier = this->tier(kBytes, 2);
  std::minstd_rand pick(5);
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "k" + std::to_string(pick() % 500);
    const std::string body = name + std::string(pick() % 3000, 'b') + std::to_string(pick() % 6);
    switch (pick() % 8) {
      case 0: alias(tier, name, body); break;
      case 1: (void)tier.find_canonical(key(name), kStart + seconds(pick() % 61)); break;
      case 2: tier.remove(key(name)); break;
      default: (void)insert(tier, name, body, pick() % 20000);
    }
    ASSERT_LE(tier.stats().bytes, kBytes) << i;
  }
  EXPECT_GT(tier.stats().evictions, 1000U);
  EXPECT_GT(tier.stats().bytes, kBytes / 2) << "and it does use them";
  tier.clear();
  EXPECT_EQ(tier.stats().aliases, 0U);
}

// Sanitizers put their own allocator in place, which mallinfo2() does not see.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PENSTOCK_TEST_FOREIGN_ALLOCATOR
#endif
#endif

TEST_P(MemoryTierTest, CountsAtLeastWhatTheAllocatorHandsOut) {
#ifdef PENSTOCK_TEST_FOREIGN_ALLOCATOR
  GTEST_SKIP() << "the allocator's counters are not available under sanitizers";
#else
  constexpr std::uint64_t kBytes = 8 << 20;
  for (const std::size_t body_bytes : {10U, 700U, 20000U}) {
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    MemoryTier tier = this->tier(kBytes, 2);
    for (std::size_t i = 0; tier.stats().evictions < 100; ++i) {
      const std::string name = std::to_string(i);
      ASSERT_TRUE(insert(tier, name, name + std::string(i % 300, 'r'), body_bytes));
      alias(tier, name, name + "again");
    }
    const std::size_t held = mallinfo2().uordblks + mallinfo2().hblkhd - before;
    EXPECT_LE(held, tier.stats().bytes) << body_bytes;
    EXPECT_GE(held, tier.stats().bytes / 10 * 7) << "and not far more than that, " << body_bytes;
  }
#endif
}

TEST_P(MemoryTierTest, ARawHitTellsWhatTheRequestSaid) {
  MemoryTier tier({.size_bytes = 1 << 20, .eviction = GetParam(), .shards = 1}, hasher_);
  ASSERT_TRUE(insert(tier, "a", "body"));
  alias(tier, "a", "other body");
  const auto traits = [&](std::string_view body) {
    const domain::RequestBytes request = {.scope = "scope", .body = body};
    return tier.find_raw(hasher_.raw_key(request), request, kStart).traits;
  };
  ASSERT_NE(traits("body"), nullptr);
  EXPECT_EQ(traits("body")->model, "m");
  EXPECT_TRUE(traits("body")->stream);
  ASSERT_NE(traits("other body"), nullptr);
  EXPECT_FALSE(traits("other body")->stream);
  EXPECT_EQ(traits("unknown"), nullptr);
}

TEST(MemoryTierCollisionTest, AForeignRequestWithTheSameRawKeyIsAMiss) {
  const fakes::FakeKeyHasher hasher(/*raw_keys_collide=*/true);
  MemoryTier tier({.size_bytes = 1 << 20, .shards = 1}, hasher);
  const std::string tail(8000, 'x');
  for (const std::string& end : {std::string("short"), tail}) {
    const std::string one = "1" + end;
    const std::string other = "2" + end;
    auto made = std::make_shared<domain::CacheEntry>();
    made->canonical = hasher.canonical_key("", one);
    made->expires_at = kStart + seconds(60);
    const domain::RequestBytes mine = {.scope = "tenant a", .body = one};
    ASSERT_TRUE(tier.insert(made, hasher.raw_key(mine), {domain::RequestProof(mine, hasher), {}}));
    EXPECT_EQ(tier.find_raw({1, 1}, mine, kStart).entry, made);
    EXPECT_EQ(tier.find_raw({1, 1}, {.scope = "tenant a", .body = other}, kStart).entry, nullptr);
    EXPECT_EQ(tier.find_raw({1, 1}, {.scope = "tenant b", .body = one}, kStart).entry, nullptr);
  }
}

TEST(MemoryTierCollisionTest, AnAliasThatLostItsPlaceIsNotTakenFromItsSuccessor) {
  const fakes::FakeKeyHasher hasher(/*raw_keys_collide=*/true);
  MemoryTier tier({.size_bytes = 1 << 20, .shards = 1}, hasher);
  const auto insert = [&](const std::string& body) {
    auto made = std::make_shared<domain::CacheEntry>();
    made->canonical = hasher.canonical_key("", body);
    made->expires_at = kStart + seconds(60);
    const domain::RequestBytes request = {.scope = "", .body = body};
    EXPECT_TRUE(tier.insert(made, {1, 1}, {domain::RequestProof(request, hasher), {}}));
    return made->canonical;
  };
  const digest::Hash128 first = insert("first");
  insert("second");
  tier.remove(first);
  EXPECT_NE(tier.find_raw({1, 1}, {.scope = "", .body = "second"}, kStart).entry, nullptr);
  EXPECT_EQ(tier.stats().aliases, 1U);
}

TEST(MemoryTierSettingsTest, DerivesAPowerOfTwoOfShards) {
  const fakes::FakeKeyHasher hasher;
  const auto shards = [&hasher](std::uint64_t bytes, std::size_t given) {
    return MemoryTier({.size_bytes = bytes, .shards = given}, hasher).shards();
  };
  EXPECT_EQ(shards(1 << 20, 0), 1U);
  EXPECT_EQ(shards(100ULL << 20, 0), 4U);
  EXPECT_EQ(shards(8ULL << 30, 0), 64U);
  EXPECT_EQ(shards(100ULL << 20, 8), 8U);
}

}  // namespace
}  // namespace penstock::store

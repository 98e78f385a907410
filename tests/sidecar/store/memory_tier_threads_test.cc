// The memory tier as several workers use it. Its point is the run under ThreadSanitizer; in any
// build it checks that no answer is ever a wrong one, and that nothing is left behind.
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/store/memory_tier.h"
#include "sidecar/store/seeded_key_hasher.h"

namespace penstock::store {
namespace {

constexpr domain::Instant kNow = domain::Instant(std::chrono::hours(1));
constexpr std::uint64_t kBytes = 1 << 20;

struct Worker {
  MemoryTier& tier;
  const SeededKeyHasher& hasher;
  std::minstd_rand pick;
  std::size_t hits = 0;
  std::size_t wrong = 0;

  // One request as the pipeline makes it: raw, canonical, alias, store.
  void request() {
    const std::string name = "k" + std::to_string(pick() % 300);
    const std::string body =
        std::string(pick() % 8, ' ') + name + std::string(pick() % 2 * 5000, ' ');
    const domain::RequestBytes bytes = {.scope = "s", .body = body};
    const digest::Hash128 raw = hasher.raw_key(bytes);
    domain::EntryPtr entry = tier.find_raw(raw, bytes, kNow).entry;
    if (entry == nullptr) {
      const digest::Hash128 key = hasher.canonical_key("s", name);
      entry = tier.find_canonical(key, kNow);
      if (entry != nullptr) {
        tier.alias(raw, key, bytes, {});
      } else {
        auto made = std::make_shared<domain::CacheEntry>();
        made->canonical = key;
        made->tenant_hash = pick() % 4;
        made->body = name + std::string(1 + pick() % 8000, '.');
        made->expires_at = kNow + std::chrono::seconds(1);
        (void)tier.insert(std::move(made), raw, {domain::RequestProof(bytes, hasher), {}});
        return;
      }
    }
    ++hits;
    wrong += entry->body.starts_with(name + ".") ? 0U : 1U;
  }
};

TEST(MemoryTierThreadsTest, WorkersShareItWithoutAWrongAnswer) {
  const SeededKeyHasher hasher(
      {.raw_seed = 1, .tag = digest::TagKey({9}), .canonical = digest::MacKey({7})});
  MemoryTier tier({.size_bytes = kBytes, .shards = 4}, hasher);
  std::atomic<bool> over_limit = false;
  std::vector<Worker> workers;
  for (std::uint32_t i = 0; i < 4; ++i) {
    workers.push_back({.tier = tier, .hasher = hasher, .pick = std::minstd_rand(i + 1)});
  }
  {
    std::vector<std::jthread> threads;
    for (Worker& worker : workers) {
      threads.emplace_back([&worker] {
        for (int i = 0; i < 4000; ++i) {
          worker.request();
        }
      });
    }
    threads.emplace_back([&tier, &over_limit] {
      for (std::uint64_t i = 0; i < 200; ++i) {
        (void)tier.clear_tenant(i % 4);
        over_limit = over_limit || tier.stats().bytes > kBytes;
      }
    });
  }
  std::size_t hits = 0;
  for (const Worker& worker : workers) {
    EXPECT_EQ(worker.wrong, 0U);
    hits += worker.hits;
  }
  EXPECT_GT(hits, 0U);
  EXPECT_FALSE(over_limit);
  EXPECT_EQ(tier.stats().hits(), hits);
  tier.clear();
  EXPECT_EQ(tier.stats().entries, 0U);
  EXPECT_EQ(tier.stats().aliases, 0U);
}

}  // namespace
}  // namespace penstock::store

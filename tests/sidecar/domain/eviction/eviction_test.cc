#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/domain/eviction/eviction_policy.h"
#include "sidecar/domain/eviction/ghost_table.h"
#include "sidecar/domain/eviction/lru.h"
#include "sidecar/domain/eviction/s3_fifo.h"
#include "tests/sidecar/domain/eviction/naive_policies.h"

namespace penstock::domain {
namespace {

// Ghost buckets are chosen by the upper half of a fingerprint, so small keys spread evenly there.
std::uint64_t fingerprint(std::uint64_t key) {
  return key << 32 | key;
}

// S3Fifo keeps one ghost for each 2 KiB, so entries of this weight get four each.
constexpr std::uint64_t kWeight = 8192;

// Runs a real policy and its naive twin through the same random calls; every victim must be the
// same.
template <class Real, class Naive>
void run_beside_naive(Real& real, std::size_t capacity, std::uint32_t seed) {
  Naive naive(capacity);
  std::unordered_map<std::uint64_t, std::unique_ptr<EvictionNode>> held;
  std::minstd_rand pick(seed);
  for (int step = 0; step < 20000; ++step) {
    // Skewed, with a scan now and then: small keys come often.
    const std::uint64_t key = pick() % 5 == 0 ? pick() % 200 : pick() % (1 + pick() % 40);
    if (naive.hit(key)) {
      if (pick() % 50 == 0) {
        naive.remove(key);
        real.on_remove(*held.at(key));
        held.erase(key);
      } else {
        real.on_hit(*held.at(key));
      }
      continue;
    }
    if (held.size() == capacity) {
      const std::uint64_t expected = naive.evict();
      EvictionNode* victim = real.pick_victim();
      ASSERT_NE(victim, nullptr) << step;
      ASSERT_EQ(victim->fingerprint, fingerprint(expected)) << "step " << step;
      held.erase(expected);
    }
    naive.insert(key);
    auto node = std::make_unique<EvictionNode>();
    node->fingerprint = fingerprint(key);
    node->weight = kWeight;
    real.on_insert(*node);
    held.emplace(key, std::move(node));
    ASSERT_EQ(naive.size(), held.size());
  }
  for (std::size_t left = held.size(); left > 0; --left) {
    ASSERT_EQ(real.pick_victim()->fingerprint, fingerprint(naive.evict()));
  }
  EXPECT_EQ(real.pick_victim(), nullptr);
}

class EvictionModelTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(EvictionModelTest, LruEvictsAsTheNaiveOne) {
  Lru lru;
  run_beside_naive<Lru, naive::Lru>(lru, 30, GetParam());
}

TEST_P(EvictionModelTest, S3FifoEvictsAsTheNaiveOne) {
  // 256 ghosts in 32 buckets: the 200 keys never fill one.
  constexpr std::size_t kCapacity = 64;
  S3Fifo policy(kCapacity * kWeight);
  run_beside_naive<S3Fifo, naive::S3Fifo>(policy, kCapacity, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Seeds, EvictionModelTest, testing::Values(1U, 2U, 3U, 4U));

std::vector<std::unique_ptr<EvictionNode>> insert_nodes(EvictionPolicy& policy, std::uint64_t from,
                                                        std::uint64_t to) {
  std::vector<std::unique_ptr<EvictionNode>> nodes;
  for (std::uint64_t key = from; key < to; ++key) {
    nodes.push_back(std::make_unique<EvictionNode>());
    nodes.back()->fingerprint = fingerprint(key);
    nodes.back()->weight = kWeight;
    policy.on_insert(*nodes.back());
  }
  return nodes;
}

TEST(S3FifoTest, AScanDoesNotPushOutWhatWasHit) {
  constexpr std::uint64_t kCapacity = 100;
  S3Fifo policy(kCapacity * kWeight);
  const auto hot = insert_nodes(policy, 0, 20);
  for (const auto& node : hot) {
    policy.on_hit(*node);
  }
  auto scan = insert_nodes(policy, 1000, 1080);
  for (std::uint64_t key = 2000; key < 3000; ++key) {
    const EvictionNode* victim = policy.pick_victim();
    ASSERT_GE(victim->fingerprint, fingerprint(1000)) << "a hot entry went at " << key;
    auto next = insert_nodes(policy, key, key + 1);
    scan.push_back(std::move(next.front()));
  }
}

TEST(S3FifoTest, AReturningKeyEntersTheMainQueue) {
  S3Fifo policy(100 * kWeight);
  auto nodes = insert_nodes(policy, 0, 50);
  EvictionNode* victim = policy.pick_victim();
  ASSERT_EQ(victim, nodes[0].get());
  policy.on_insert(*victim);
  EXPECT_TRUE(victim->in_main);
  EXPECT_FALSE(nodes[1]->in_main);
}

TEST(S3FifoTest, OneCallMovesABoundedNumber) {
  S3Fifo policy(1000 * kWeight);
  const auto nodes = insert_nodes(policy, 0, 500);
  for (const auto& node : nodes) {
    policy.on_hit(*node);
  }
  // Everything was hit, so everything deserves a move; the call ends all the same.
  const EvictionNode* victim = policy.pick_victim();
  ASSERT_NE(victim, nullptr);
  int moved = 0;
  for (const auto& node : nodes) {
    moved += node->in_main ? 1 : 0;
  }
  EXPECT_EQ(moved, S3Fifo::kMovesMax);
}

TEST(S3FifoTest, WeighsByBytes) {
  // Of 100 units the small queue's share is 10; one entry of 50 is over it, so it goes before the
  // main queue is touched.
  S3Fifo policy(100 * kWeight);
  const auto main_entries = insert_nodes(policy, 0, 20);
  for (const auto& node : main_entries) {
    policy.on_hit(*node);
  }
  auto filler = insert_nodes(policy, 100, 101);
  while (policy.pick_victim() != filler[0].get()) {
  }
  EvictionNode big;
  big.fingerprint = fingerprint(500);
  big.weight = 50 * kWeight;
  policy.on_insert(big);
  EXPECT_EQ(policy.pick_victim(), &big);
}

TEST(GhostTableTest, ForgetsWhatIsOlderThanTheWindow) {
  GhostTable ghosts(1024);
  for (std::uint64_t key = 1; key <= 100; ++key) {
    ghosts.remember(fingerprint(key));
  }
  EXPECT_TRUE(ghosts.recall(fingerprint(100), 1));
  EXPECT_FALSE(ghosts.recall(fingerprint(50), 50));  // 50 came after it
  EXPECT_TRUE(ghosts.recall(fingerprint(51), 50));
  EXPECT_FALSE(ghosts.recall(fingerprint(51), 50)) << "recalled once, forgotten";
  EXPECT_FALSE(ghosts.recall(fingerprint(101), 1000));
}

TEST(GhostTableTest, AFullBucketForgetsItsOldest) {
  GhostTable ghosts(1);  // one bucket of eight
  for (std::uint64_t key = 1; key <= 9; ++key) {
    ghosts.remember(key);
  }
  EXPECT_FALSE(ghosts.recall(1, 1000));
  for (std::uint64_t key = 2; key <= 9; ++key) {
    EXPECT_TRUE(ghosts.recall(key, 1000)) << key;
  }
}

}  // namespace
}  // namespace penstock::domain

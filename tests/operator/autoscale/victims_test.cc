#include "operator/autoscale/victims.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::autoscale {
namespace {

// Victims, the first to go first.
std::string order(const std::vector<VictimCandidate>& pods, int count) {
  std::vector<DeletionCost> costs = choose_victims(pods, count);
  std::ranges::sort(costs, {}, &DeletionCost::cost);
  std::string names;
  for (const DeletionCost& entry : costs) {
    if (entry.cost < 0) {
      names.append(names.empty() ? "" : " ").append(entry.name);
    }
  }
  return names;
}

TEST(VictimsTest, CostsCountUpToTheSurvivors) {
  const std::vector<VictimCandidate> pods{{.name = "a", .node = "n", .cache_value = 3},
                                          {.name = "b", .node = "n", .cache_value = 1},
                                          {.name = "c", .node = "n", .cache_value = 2}};
  EXPECT_EQ(choose_victims(pods, 2), (std::vector<DeletionCost>{{"a", 0}, {"b", -2}, {"c", -1}}));
}

// 11 on three nodes of eight GPUs, down to 3: two nodes go, as least-cache-first alone would not.
TEST(VictimsTest, ScaleInEmptiesNodes) {
  std::vector<VictimCandidate> pods;
  for (int i = 0; i < 11; ++i) {
    // In turn on three nodes: four, four and three of them; caches worth 0 … 10.
    pods.push_back(
        {.name = "p" + std::to_string(i), .node = "n" + std::to_string(i % 3), .cache_value = i});
  }
  std::vector<DeletionCost> costs = choose_victims(pods, 8);
  std::vector<int> left(3);
  for (std::size_t i = 0; i < pods.size(); ++i) {
    left[i % 3] += costs[i].cost == 0 ? 1 : 0;
  }
  // n2 has three pods, n0 the less valuable four; the eighth is the least valuable of n1.
  EXPECT_EQ(left, (std::vector<int>{0, 3, 0}));
}

TEST(VictimsTest, TheSmallestNodesGoFirst) {
  const std::vector<VictimCandidate> pods{{.name = "a", .node = "big", .cache_value = 0},
                                          {.name = "b", .node = "big", .cache_value = 0},
                                          {.name = "c", .node = "big", .cache_value = 0},
                                          {.name = "d", .node = "one", .cache_value = 9},
                                          {.name = "e", .node = "two", .cache_value = 5},
                                          {.name = "f", .node = "two", .cache_value = 5}};
  EXPECT_EQ(order(pods, 3), "d e f");
  EXPECT_EQ(order(pods, 2), "d a") << "what is left over takes the least valuable cache";
}

TEST(VictimsTest, AHeldNodeIsNotEmptied) {
  const std::vector<VictimCandidate> pods{
      {.name = "a", .node = "held", .node_held = true, .cache_value = 1},
      {.name = "b", .node = "free", .cache_value = 5},
      {.name = "c", .node = "free", .cache_value = 6}};
  EXPECT_EQ(order(pods, 1), "a");
  EXPECT_EQ(order(pods, 2), "b c");
}

TEST(VictimsTest, OnePodThatSaysSoHoldsItsNode) {
  const std::vector<VictimCandidate> pods{
      {.name = "a", .node = "held", .node_held = true, .cache_value = 9},
      {.name = "b", .node = "held", .cache_value = 9},
      {.name = "c", .node = "free", .cache_value = 1},
      {.name = "d", .node = "free", .cache_value = 20},
      {.name = "e", .node = "free", .cache_value = 20}};
  EXPECT_EQ(order(pods, 2), "c a") << "not the two that would empty nothing";
}

TEST(VictimsTest, PodsThatDoNotServeGoFirst) {
  const std::vector<VictimCandidate> pods{{.name = "a", .node = "n1", .cache_value = 0},
                                          {.name = "b", .node = "n2", .ready = false},
                                          {.name = "c", .node = "", .ready = false}};
  EXPECT_EQ(order(pods, 2), "b c");
  EXPECT_EQ(order(pods, 3), "b c a");
}

TEST(VictimsTest, AnUnknownCacheIsNotAWorthlessOne) {
  const std::vector<VictimCandidate> pods{{.name = "a", .node = "n", .node_held = true},
                                          {.name = "b", .node = "n", .cache_value = 1},
                                          {.name = "c", .node = "n", .cache_value = 9}};
  EXPECT_EQ(order(pods, 1), "b");
  EXPECT_EQ(order(pods, 2), "b a");
}

TEST(VictimsTest, EqualCachesFreeTheEmptierNode) {
  const std::vector<VictimCandidate> pods{{.name = "a", .node = "n1", .node_held = true},
                                          {.name = "b", .node = "n1", .node_held = true},
                                          {.name = "c", .node = "n2", .node_held = true}};
  EXPECT_EQ(order(pods, 1), "c");
}

TEST(VictimsTest, CountsOutOfRange) {
  const std::vector<VictimCandidate> pods{{.name = "a", .node = "n"}};
  EXPECT_EQ(order(pods, 0), "");
  EXPECT_EQ(order(pods, -1), "");
  EXPECT_EQ(order(pods, 5), "a");
  EXPECT_TRUE(choose_victims({}, 3).empty());
}

}  // namespace
}  // namespace penstock::autoscale

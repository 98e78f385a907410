#include "sidecar/store/line_index.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::store {
namespace {

struct Item {
  explicit Item(std::uint64_t of) : hash(of) {}
  [[nodiscard]] bool has_key(const Item* other) const {
    ++asked;
    return this == other;
  }

  std::uint64_t hash;
  Item* chain = nullptr;
  mutable int asked = 0;  // how often it was touched by a look-up
};

Item* found(const LineIndex<Item>& index, const Item& item) {
  return index.find(item.hash, &item);
}

// In a slot or in the chain.
TEST(LineIndexTest, AnyOfABucketMayLeave) {
  constexpr int kItems = LineIndex<Item>::kSlots + 3;
  for (int leaving = 0; leaving < kItems; ++leaving) {
    LineIndex<Item> index(16);
    std::vector<Item> items(kItems, Item(5));
    for (Item& item : items) {
      index.insert(item);
    }
    index.remove(items[static_cast<std::size_t>(leaving)]);
    for (int i = 0; i < kItems; ++i) {
      Item& item = items[static_cast<std::size_t>(i)];
      EXPECT_EQ(found(index, item), i == leaving ? nullptr : &item);
    }
  }
}

TEST(LineIndexTest, OneMayComeBack) {
  LineIndex<Item> index(16);
  Item item(7);
  for (int i = 0; i < 10; ++i) {
    index.insert(item);
    EXPECT_EQ(found(index, item), &item);
    index.remove(item);
    EXPECT_EQ(found(index, item), nullptr);
  }
}

// More alike than a bucket has slots: the last of them must still be found.
TEST(LineIndexTest, ALongChainOfAlikeLosesNone) {
  LineIndex<Item> index(16);
  std::vector<Item> items(20, Item(3));
  for (Item& item : items) {
    index.insert(item);
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(found(index, items[i]), &items[i]);
    index.remove(items[i]);
    EXPECT_EQ(found(index, items[i]), nullptr);
  }
  EXPECT_EQ(index.nodes_of(3), std::vector<Item*>());
}

// That is what it is for: most look-ups of a cache that is asked new things are in vain.
TEST(LineIndexTest, ALookUpInVainTouchesNoNode) {
  std::mt19937_64 pick(7);
  LineIndex<Item> index(4'096);
  std::vector<Item> items;
  items.reserve(4'096);
  for (int i = 0; i < 4'096; ++i) {
    index.insert(items.emplace_back(pick()));
  }
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(found(index, Item(pick())), nullptr);
  }
  int asked = 0;
  for (const Item& item : items) {
    asked += item.asked;
  }
  EXPECT_LT(asked, 500) << "in 10,000";
}

TEST(LineIndexTest, AnEmptiedChainIsForgotten) {
  constexpr std::uint64_t kOneBit = 3 | (1ULL << 43U);
  constexpr std::uint64_t kAnotherBit = 3 | (2ULL << 43U);
  LineIndex<Item> index(16);
  std::vector<Item> slots(LineIndex<Item>::kSlots, Item(3));
  for (Item& item : slots) {
    index.insert(item);
  }
  Item first(kOneBit);
  Item second(kAnotherBit);
  index.insert(first);
  index.remove(first);
  index.insert(second);
  EXPECT_EQ(found(index, first), nullptr);
  EXPECT_EQ(second.asked, 0);
  EXPECT_EQ(found(index, second), &second);
}

TEST(LineIndexTest, ABucketTellsAllItsNodes) {
  LineIndex<Item> index(16);
  std::vector<Item> items(LineIndex<Item>::kSlots + 4, Item(2));
  std::vector<Item*> inserted;
  for (Item& item : items) {
    index.insert(item);
    inserted.push_back(&item);
  }
  std::vector<Item*> told = index.nodes_of(2);
  std::ranges::sort(told);
  EXPECT_EQ(told, inserted);
  EXPECT_EQ(index.nodes_of(1), std::vector<Item*>());
}

TEST(LineIndexTest, HoldsWhatAPlainListWouldHold) {
  std::mt19937_64 pick(1);
  LineIndex<Item> index(16);
  std::vector<Item> items;
  for (int i = 0; i < 200; ++i) {
    items.emplace_back(pick());
  }
  std::vector<bool> inside(items.size(), false);
  for (int step = 0; step < 5000; ++step) {
    const std::size_t i = pick() % items.size();
    if (inside[i]) {
      index.remove(items[i]);
    } else {
      index.insert(items[i]);
    }
    inside[i] = !inside[i];
    const std::size_t look = pick() % items.size();
    ASSERT_EQ(found(index, items[look]), inside[look] ? &items[look] : nullptr);
  }
}

}  // namespace
}  // namespace penstock::store

#include "operator/kube/work_queue.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WorkQueue::Instant kStart{std::chrono::hours(1)};

std::vector<std::string> take_all(WorkQueue& queue, WorkQueue::Instant now) {
  std::vector<std::string> keys;
  while (auto key = queue.take(now)) {
    queue.done(*key, true);
    keys.push_back(std::move(*key));
  }
  return keys;
}

TEST(WorkQueueTest, AKeyWaitsOnceHoweverOftenItIsAdded) {
  WorkQueue queue(1);
  queue.add("a/x");
  queue.add("a/y");
  queue.add("a/x");
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(take_all(queue, kStart), (std::vector<std::string>{"a/x", "a/y"}));
  EXPECT_FALSE(queue.take(kStart));
}

TEST(WorkQueueTest, WhatIsAddedDuringWorkIsWorkedOnAgainAndNeverTwiceAtOnce) {
  WorkQueue queue(1);
  queue.add("a/x");
  ASSERT_TRUE(queue.take(kStart));
  queue.add("a/x");
  queue.add("a/x");
  EXPECT_FALSE(queue.take(kStart)) << "it is being worked on";
  queue.done("a/x", true);
  EXPECT_EQ(take_all(queue, kStart), std::vector<std::string>{"a/x"});
}

TEST(WorkQueueTest, NamespacesTakeTurns) {
  WorkQueue queue(1);
  for (int i = 0; i < 3; ++i) {
    queue.add("big/" + std::to_string(i));
  }
  queue.add("small/0");
  EXPECT_EQ(take_all(queue, kStart),
            (std::vector<std::string>{"big/0", "small/0", "big/1", "big/2"}));
}

TEST(WorkQueueTest, ADelayedKeyIsTakenWhenItIsDueAndTheEarlierTimeWins) {
  WorkQueue queue(1);
  queue.add_at("a/x", kStart + seconds(10));
  queue.add_at("a/x", kStart + seconds(5));
  queue.add_at("a/x", kStart + seconds(20));
  EXPECT_EQ(queue.next_due(), kStart + seconds(5));
  EXPECT_FALSE(queue.take(kStart + seconds(4)));
  EXPECT_EQ(take_all(queue, kStart + seconds(5)), std::vector<std::string>{"a/x"});
  EXPECT_FALSE(queue.next_due());
}

TEST(WorkQueueTest, AFailingKeyComesBackLaterEachTimeUntilItSucceeds) {
  WorkQueue queue(7);
  milliseconds before{0};
  for (int failure = 1; failure <= 12; ++failure) {
    queue.retry("a/x", kStart, std::nullopt);
    const auto wait = std::chrono::duration_cast<milliseconds>(*queue.next_due() - kStart);
    const milliseconds whole =
        std::min(milliseconds(200) * (1 << std::min(failure - 1, 8)), milliseconds(10'000));
    EXPECT_GE(wait, whole / 2) << failure;
    EXPECT_LE(wait, whole) << failure;
    before = wait;
    ASSERT_TRUE(queue.take(kStart + seconds(60)));
    queue.done("a/x", false);
  }
  EXPECT_GE(before, seconds(5));
  queue.add("a/x");
  ASSERT_TRUE(queue.take(kStart));
  queue.done("a/x", true);
  queue.retry("a/x", kStart, std::nullopt);
  EXPECT_LE(*queue.next_due() - kStart, milliseconds(200));
}

TEST(WorkQueueTest, TheServersRetryAfterIsTheLeast) {
  WorkQueue queue(1);
  queue.retry("a/x", kStart, seconds(7));
  EXPECT_GE(*queue.next_due() - kStart, seconds(7));
}

}  // namespace
}  // namespace penstock::kube

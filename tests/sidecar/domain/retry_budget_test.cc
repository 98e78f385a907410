#include "sidecar/domain/retry_budget.h"

#include <chrono>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart = Instant(std::chrono::hours(1));

int retries(RetryBudget& budget, Instant now) {
  int count = 0;
  while (budget.try_retry(now)) {
    ++count;
  }
  return count;
}

TEST(RetryBudgetTest, EveryFifthRequestEarnsARetry) {
  RetryBudget budget({.percent = 20, .per_second = 0, .burst = 30}, kStart);
  EXPECT_FALSE(budget.try_retry(kStart));
  for (int i = 0; i < 4; ++i) {
    budget.on_request();
  }
  EXPECT_FALSE(budget.try_retry(kStart));
  budget.on_request();
  EXPECT_TRUE(budget.try_retry(kStart));
  EXPECT_FALSE(budget.try_retry(kStart));
}

TEST(RetryBudgetTest, AFewASecondAreAllowedWithoutTraffic) {
  RetryBudget budget(kStart);
  EXPECT_EQ(retries(budget, kStart), 3);
  EXPECT_EQ(retries(budget, kStart + milliseconds(300)), 0);
  EXPECT_EQ(retries(budget, kStart + milliseconds(400)), 1);
  EXPECT_EQ(retries(budget, kStart + seconds(1)), 2);
}

TEST(RetryBudgetTest, ManySmallStepsEarnAsMuchAsOneLargeStep) {
  RetryBudget budget({.percent = 0, .per_second = 1, .burst = 10}, kStart);
  retries(budget, kStart);
  for (int i = 1; i <= 999; ++i) {
    EXPECT_FALSE(budget.try_retry(kStart + milliseconds(i)));
  }
  EXPECT_TRUE(budget.try_retry(kStart + seconds(1)));
}

TEST(RetryBudgetTest, SavesUpToTheBurstOnly) {
  RetryBudget budget(kStart);
  for (int i = 0; i < 1'000'000; ++i) {
    budget.on_request();
  }
  EXPECT_EQ(budget.left(), 30);
  EXPECT_EQ(retries(budget, kStart + std::chrono::hours(24 * 365)), 30);
}

TEST(RetryBudgetTest, AnEarlierTimeEarnsNothing) {
  RetryBudget budget(kStart);
  retries(budget, kStart);
  EXPECT_EQ(retries(budget, kStart - seconds(10)), 0);
  EXPECT_EQ(retries(budget, kStart + seconds(1)), 3);
}

}  // namespace
}  // namespace penstock::domain

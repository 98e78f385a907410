#include "sidecar/app/memory_limit.h"

#include <gtest/gtest.h>

namespace penstock::app {
namespace {

TEST(MemoryLimitTest, ReadsBothVersionsOfCgroups) {
  EXPECT_EQ(memory_limit_of("134217728\n"), 134'217'728U);
  EXPECT_EQ(memory_limit_of("max\n"), std::nullopt);
  EXPECT_EQ(memory_limit_of("9223372036854771712\n"), std::nullopt) << "no limit, in version 1";
  EXPECT_EQ(memory_limit_of(""), std::nullopt);
  EXPECT_EQ(memory_limit_of("0"), std::nullopt);
}

TEST(MemoryLimitTest, ACacheLeavesAThirdOfTheContainer) {
  EXPECT_EQ(cache_within(100, std::nullopt), 100U);
  EXPECT_EQ(cache_within(100, 150), 100U);
  EXPECT_EQ(cache_within(100, 90), 60U);
}

}  // namespace
}  // namespace penstock::app

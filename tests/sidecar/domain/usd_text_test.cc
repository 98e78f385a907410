#include "sidecar/domain/usd_text.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

std::string usd(std::int64_t picodollars) {
  std::string out;
  append_usd(out, picodollars);
  return out;
}

TEST(UsdTextTest, IsExactAndHasNoTrailingZeros) {
  EXPECT_EQ(usd(0), "0");
  EXPECT_EQ(usd(1), "0.000000000001");
  EXPECT_EQ(usd(1'500'000), "0.0000015");
  EXPECT_EQ(usd(100'000'000'000), "0.1");
  EXPECT_EQ(usd(1'000'000'000'000), "1");
  EXPECT_EQ(usd(12'340'000'000'001), "12.340000000001");
}

TEST(UsdTextTest, CoversTheWholeRange) {
  EXPECT_EQ(usd(-1), "-0.000000000001");
  EXPECT_EQ(usd(std::numeric_limits<std::int64_t>::max()), "9223372.036854775807");
  EXPECT_EQ(usd(std::numeric_limits<std::int64_t>::min()), "-9223372.036854775808");
}

}  // namespace
}  // namespace penstock::domain

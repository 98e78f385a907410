#include "sidecar/domain/money.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(PicodollarsTest, IsWrittenAsAPlainDecimal) {
  EXPECT_EQ(Picodollars(1'230'000'000).text(), "0.00123");
  EXPECT_EQ(Picodollars(2'000'000'000'000).text(), "2");
  EXPECT_EQ(Picodollars(-500'000'000'000).text(), "-0.5");
  EXPECT_EQ(Picodollars(1).text(), "0.000000000001");
}

TEST(PicodollarsTest, SumsStayAtTheEndsOfTheRange) {
  EXPECT_EQ(Picodollars(2) + Picodollars(3), Picodollars(5));
  EXPECT_EQ(Picodollars(kMax) + Picodollars(1), Picodollars(kMax));
  EXPECT_EQ(Picodollars(kMin) + Picodollars(-1), Picodollars(kMin));
  EXPECT_EQ(Picodollars(kMax) + Picodollars(-1), Picodollars(kMax - 1));
}

TEST(PicodollarsTest, ProductsStayAtTheEndsOfTheRange) {
  EXPECT_EQ(Picodollars(2'500'000) * 4, Picodollars(10'000'000));
  EXPECT_EQ(Picodollars(1'000'000'000) * 1'000'000'000'000, Picodollars(kMax));
  EXPECT_EQ(Picodollars(-1'000'000'000) * 1'000'000'000'000, Picodollars(kMin));
  EXPECT_EQ(Picodollars(-1'000'000'000) * -1'000'000'000'000, Picodollars(kMax));
}

}  // namespace
}  // namespace penstock::domain

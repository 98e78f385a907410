#include "operator/kube/quantity.h"

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

TEST(QuantityTest, AsTheApiWritesThem) {
  EXPECT_EQ(quantity_of("2"), 2);
  EXPECT_EQ(quantity_of("1.5"), 1.5);
  EXPECT_EQ(quantity_of("250m"), 0.25);
  EXPECT_DOUBLE_EQ(quantity_of("12345678n").value_or(0), 0.012345678);
  EXPECT_EQ(quantity_of("512Mi"), 512.0 * 1'024 * 1'024);
  EXPECT_EQ(quantity_of("3k"), 3'000);
  EXPECT_EQ(quantity_of("2e3"), 2'000);
  EXPECT_EQ(quantity_of("2E"), 2e18);
}

TEST(QuantityTest, NothingElse) {
  for (const char* text : {"", "m", "1x", "1 Mi", "1Mib", "nan", "inf", "--1"}) {
    EXPECT_EQ(quantity_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace penstock::kube

#include "sidecar/dialect/sequence_numbers.h"

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

TEST(SequenceNumbersTest, WhatIsNoNumberCountsNothing) {
  EXPECT_EQ(number_after("0"), 1);
  EXPECT_EQ(number_after("9223372036854775806"), 9223372036854775807);
  for (const std::string_view none :
       {"", "-1", "1.5", "null", "\"1\"", "9223372036854775807", "9223372036854775808"}) {
    EXPECT_EQ(number_after(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace penstock::dialect

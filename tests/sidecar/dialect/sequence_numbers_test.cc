#include "sidecar/dialect/sequence_numbers.h"

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

TEST(SequenceNumbersTest, TheNextFollowsTheLastWholeEvent) {
  SequenceNumbers numbers;
  EXPECT_EQ(numbers.next(), 0);
  numbers.feed("event: a\ndata: {\"type\":\"a\",\"sequence_number\":4}\n\ndata: {\"sequence_");
  EXPECT_EQ(numbers.next(), 5);
  numbers.feed("number\":9}\n");
  EXPECT_EQ(numbers.next(), 5);
  numbers.feed("\n: ping\n\ndata: {\"type\":\"b\"}\n\ndata: [DONE]\n\n");
  EXPECT_EQ(numbers.next(), 10);
}

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

#include "lib/json/one_line.h"

#include <gtest/gtest.h>

namespace penstock::json {
namespace {

TEST(OneLineTest, LineBreaksAndOtherControlCharactersAreOneSpace) {
  EXPECT_EQ(one_line("denied the request: \n\nresource\twas\r\nblocked\x01\x7f!", 100),
            "denied the request: resource was blocked !");
  EXPECT_EQ(one_line("a  b", 100), "a b");
  EXPECT_EQ(one_line("\n a\n", 100), "a");
  EXPECT_EQ(one_line(" \n", 100), "");
  EXPECT_EQ(one_line("", 100), "");
}

TEST(OneLineTest, OtherCharactersStay) {
  EXPECT_EQ(one_line("größer als 5 €", 100), "größer als 5 €");
}

TEST(OneLineTest, IsCutBetweenCharacters) {
  EXPECT_EQ(one_line("abc", 3), "abc");
  EXPECT_EQ(one_line("abcd", 3), "abc");
  EXPECT_EQ(one_line("ab€", 5), "ab€");
  for (const std::size_t most : {2U, 3U, 4U}) {
    EXPECT_EQ(one_line("ab€", most), "ab");
  }
  EXPECT_EQ(one_line("€", 2), "");
  EXPECT_EQ(one_line("a\n\n\nb", 3), "a b") << "what goes anyway takes no room";
}

}  // namespace
}  // namespace penstock::json

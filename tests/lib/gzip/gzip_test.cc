#include "lib/gzip/gzip.h"

#include <gtest/gtest.h>

namespace penstock::gzip {
namespace {

TEST(GzipTest, RoundTripsTextsOfAnyLength) {
  for (const std::size_t length : {0U, 1U, 65'535U, 65'536U, 300'000U}) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      text += static_cast<char>(i * i % 251);
    }
    const std::string bytes = compress(text);
    EXPECT_EQ(decompress(bytes, length), text) << length;
    EXPECT_EQ(compress(text), bytes) << "nothing of the time";
  }
}

TEST(GzipTest, WhatIsTooLongIsNotTaken) {
  const std::string bytes = compress(std::string(1'000'000, 'a'));
  EXPECT_LT(bytes.size(), 2'000U);
  EXPECT_FALSE(decompress(bytes, 999'999));
  EXPECT_TRUE(decompress(bytes, 1'000'000));
}

TEST(GzipTest, WhatIsCutChangedOrNoneIsNotTaken) {
  const std::string bytes = compress("a text of a few words");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decompress(bytes.substr(0, length), 100)) << length;
  }
  EXPECT_FALSE(decompress(bytes + "x", 100));
  std::string changed = bytes;
  changed[bytes.size() / 2] ^= 1;
  EXPECT_FALSE(decompress(changed, 100));
  EXPECT_FALSE(decompress("{}", 100));
}

}  // namespace
}  // namespace penstock::gzip

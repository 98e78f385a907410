#include "sidecar/domain/name_table.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/domain/first_bytes.h"

namespace penstock::domain {
namespace {

// Of every length that is loaded in another way, some alike in all but one byte.
constexpr auto kNames = std::to_array<std::string_view>(
    {"a", "ab", "abc", "abd", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefgi",
     "abcdefghi", "abcdefghj", "abcdefgh_to_the_longest_of_all_"});
constexpr NameTable kTable(kNames);

TEST(NameTableTest, FindsEachNameAtItsPlaceAndNoOther) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    // On the heap and of its exact size: a sanitizer sees what is read beyond it.
    std::vector<char> name(kNames[i].begin(), kNames[i].end());
    EXPECT_EQ(kTable.find({name.data(), name.size()}), i) << kNames[i];
    for (char& byte : name) {
      const char before = byte;
      byte = '#';
      EXPECT_FALSE(kTable.contains({name.data(), name.size()})) << kNames[i];
      byte = before;
    }
  }
}

TEST(NameTableTest, KnowsNothingElse) {
  EXPECT_EQ(kTable.find(""), kNames.size());
  EXPECT_EQ(kTable.find("abcdefgh_to_the_longest_of_al"), kNames.size());
  EXPECT_EQ(kTable.find(std::string(NameTable<1>::kLengthMax + 1, 'a')), kNames.size());
  EXPECT_EQ(kTable.find(std::string_view("a\0", 2)), kNames.size());
}

TEST(FirstBytesTest, IsTheSameAsTheCompilerHasIt) {
  constexpr std::string_view kText = "\x01\xff\x03\x80\x05\x06\x07\xfe\x09";
  constexpr std::array<std::uint64_t, 10> kByTheCompiler = {
      first_bytes(kText.substr(0, 0)), first_bytes(kText.substr(0, 1)),
      first_bytes(kText.substr(0, 2)), first_bytes(kText.substr(0, 3)),
      first_bytes(kText.substr(0, 4)), first_bytes(kText.substr(0, 5)),
      first_bytes(kText.substr(0, 6)), first_bytes(kText.substr(0, 7)),
      first_bytes(kText.substr(0, 8)), first_bytes(kText)};
  for (std::size_t size = 0; size < kByTheCompiler.size(); ++size) {
    const std::vector<char> text(kText.begin(), kText.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(first_bytes({text.data(), text.size()}), kByTheCompiler[size]) << size;
  }
  EXPECT_EQ(kByTheCompiler[3], 0x03ff01U);
  EXPECT_EQ(kByTheCompiler[9], 0xfe07060580'03ff01U);
}

}  // namespace
}  // namespace penstock::domain

#include "sidecar/dialect/json_skip.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

// Byte by byte, as one would write it without any trick: the offset after the closing bracket, or
// npos.
std::size_t end_by_hand(std::string_view text) {
  std::size_t depth = 1;
  bool in_string = false;
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool plain = escaped;
    escaped = c == '\\' && !plain;
    if (c == '"' && !plain) {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// In pieces of `size`, each in a block of its own for ASan to watch.
std::size_t end_in_pieces(std::string_view text, std::size_t size) {
  ContainerSkip skip;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::string_view piece = text.substr(at, size);
    const auto block = std::make_unique<char[]>(piece.size());
    std::memcpy(block.get(), piece.data(), piece.size());
    const char* const after = skip.run(block.get(), block.get() + piece.size());
    if (skip.closed()) {
      return at + static_cast<std::size_t>(after - block.get());
    }
  }
  return std::string_view::npos;
}

TEST(ContainerSkipTest, AgreesWithTheByteLoopOnAnyText) {
  std::uint32_t state = 1;
  const auto next = [&state](std::uint32_t bound) {
    state = state * 1664525 + 1013904223;  // Numerical Recipes' generator
    return (state >> 16) % bound;
  };
  constexpr std::string_view kAlphabet = "\\\\\\\"\"{[]}a ";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::uint32_t length = next(300);
    for (std::uint32_t i = 0; i < length; ++i) {
      // Long plain stretches bring block borders into play.
      text.append(next(12) == 0 ? next(70) : 0, 'x');
      text.push_back(kAlphabet[next(static_cast<std::uint32_t>(kAlphabet.size()))]);
    }
    const std::size_t expected = end_by_hand(text);
    ASSERT_EQ(end_in_pieces(text, text.size() + 1), expected) << text;
    ASSERT_EQ(end_in_pieces(text, 1 + next(130)), expected) << text;
  }
}

TEST(ContainerSkipTest, FindsTheBracketAtEveryOffset) {
  for (std::size_t before = 0; before < 200; ++before) {
    const std::string text = std::string(before, 'x') + "\"]\\\"}\"]]tail";
    EXPECT_EQ(end_in_pieces(text, text.size()), before + 7);
  }
}

TEST(SkipJsonStringTest, FindsTheQuoteAtEveryCut) {
  for (const std::string_view text :
       {"abc\" tail", "\" tail", R"(a\"b\\" tail)", R"(\\\\\"\\" tail)", R"(\n\n\u0022x" ,)"}) {
    bool escaped = false;
    const char* const whole = skip_json_string(text.begin(), text.end(), escaped);
    ASSERT_NE(whole, nullptr) << text;
    EXPECT_FALSE(escaped);
    const auto length = static_cast<std::size_t>(whole - text.begin());
    for (std::size_t cut = 0; cut < length; ++cut) {
      bool carry = false;
      EXPECT_EQ(skip_json_string(text.begin(), text.begin() + cut, carry), nullptr) << text << cut;
      EXPECT_EQ(skip_json_string(text.begin() + cut, text.end(), carry), whole) << text << cut;
    }
  }
}

TEST(SkipJsonStringTest, AnEscapedQuoteIsNoEnd) {
  bool escaped = false;
  const std::string_view text = R"(a\")";
  EXPECT_EQ(skip_json_string(text.begin(), text.end(), escaped), nullptr);
  EXPECT_FALSE(escaped);
  const std::string_view cut = R"(a\\\)";
  EXPECT_EQ(skip_json_string(cut.begin(), cut.end(), escaped), nullptr);
  EXPECT_TRUE(escaped);
}

}  // namespace
}  // namespace penstock::dialect

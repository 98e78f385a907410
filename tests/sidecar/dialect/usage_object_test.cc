#include "sidecar/dialect/usage_object.h"

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

using domain::TokenUsage;

TEST(OpenAiUsageTest, CachedTokensAreInsideThePrompt) {
  const auto usage = read_openai_usage(
      R"({"prompt_tokens":1000,"completion_tokens":50,"total_tokens":1050,"prompt_tokens_details":{"cached_tokens":896}})");
  EXPECT_EQ(usage, (TokenUsage{.input_uncached = 104, .cache_read = 896, .output = 50}));
  EXPECT_EQ(usage->input_total(), 1000);
  EXPECT_EQ(usage->total(), 1050);
}

TEST(OpenAiUsageTest, NullDetailsAndOrderDoNotMatter) {
  EXPECT_EQ(
      read_openai_usage(
          R"({"completion_tokens_details":null,"prompt_tokens_details":null,"completion_tokens":2,"prompt_tokens":1})"),
      (TokenUsage{.input_uncached = 1, .output = 2}));
}

TEST(OpenAiUsageTest, PartsNeverExceedTheWhole) {
  const auto usage = read_openai_usage(
      R"({"prompt_tokens":5,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":9,"audio_tokens":9},"completion_tokens_details":{"reasoning_tokens":9,"audio_tokens":9}})");
  EXPECT_EQ(usage, (TokenUsage{.cache_read = 5, .output = 3, .reasoning = 3, .output_audio = 3}));
}

TEST(OpenAiUsageTest, NothingSaidIsNoUsage) {
  for (const std::string_view text :
       {"{}", "", "null", R"({"prompt_tokens":null})", R"({"prompt_tokens":-4})",
        R"({"prompt_tokens":"4"})", R"({"total_tokens":4})", R"({"prompt_tokens":1.5})"}) {
    EXPECT_EQ(read_openai_usage(text), std::nullopt) << text;
  }
}

TEST(OpenAiUsageTest, AbsurdNumbersSaturate) {
  const auto usage = read_openai_usage(
      R"({"prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807})");
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->total(), 0);
}

TEST(AnthropicUsageTest, ClassesAreApart) {
  AnthropicUsage usage;
  EXPECT_EQ(usage.usage(), std::nullopt);
  usage.merge(
      R"({"input_tokens":3,"cache_read_input_tokens":1000,"cache_creation_input_tokens":70,)"
      R"("cache_creation":{"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":40},"output_tokens":1})");
  EXPECT_EQ(usage.usage(), (TokenUsage{.input_uncached = 3,
                                       .cache_read = 1000,
                                       .cache_write_5m = 30,
                                       .cache_write_1h = 40,
                                       .output = 1}));
}

TEST(AnthropicUsageTest, LaterTotalsReplaceFieldByField) {
  AnthropicUsage usage;
  usage.merge(R"({"input_tokens":3,"cache_read_input_tokens":10,"output_tokens":1})");
  usage.merge(R"({"output_tokens":5})");
  usage.merge(R"({"output_tokens":9,"input_tokens":4,"cache_read_input_tokens":null})");
  EXPECT_EQ(usage.usage(), (TokenUsage{.input_uncached = 4, .cache_read = 10, .output = 9}));
}

TEST(AnthropicUsageTest, WhatTheSplitDoesNotCoverIsFiveMinutes) {
  AnthropicUsage usage;
  usage.merge(
      R"({"cache_creation_input_tokens":100,"cache_creation":{"ephemeral_1h_input_tokens":40}})");
  EXPECT_EQ(usage.usage()->cache_write_5m, 60);
  EXPECT_EQ(usage.usage()->cache_write_1h, 40);
}

TEST(AnthropicUsageTest, NothingSaidIsNoUsage) {
  AnthropicUsage usage;
  EXPECT_FALSE(usage.merge(R"({"server_tool_use":{"web_search_requests":1}})"));
  EXPECT_EQ(usage.usage(), std::nullopt);
}

}  // namespace
}  // namespace penstock::dialect

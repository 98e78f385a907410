#include "sidecar/domain/traceparent.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

// The example of the W3C recommendation.
constexpr std::string_view kHeader = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr TraceEntropy kEntropy{
    .trace_high = 0x1, .trace_low = 0xABCDEF, .span = 0x00F067AA0BA902B7};

TEST(TraceparentTest, ReadsTheExample) {
  const auto parent = parse_traceparent(kHeader);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(parent->span(), "b7ad6b7169203331");
  EXPECT_TRUE(parent->sampled);
}

TEST(TraceparentTest, OnlyTheLowestFlagMeansSampled) {
  const std::string stem(kHeader.substr(0, 53));
  EXPECT_FALSE(parse_traceparent(stem + "00")->sampled);
  EXPECT_TRUE(parse_traceparent(stem + "03")->sampled);
  EXPECT_FALSE(parse_traceparent(stem + "fe")->sampled);
}

TEST(TraceparentTest, LaterVersionsMayBeLonger) {
  const std::string later = "cc" + std::string(kHeader.substr(2));
  EXPECT_TRUE(parse_traceparent(later));
  EXPECT_TRUE(parse_traceparent(later + "-what-comes"));
  EXPECT_FALSE(parse_traceparent(later + "x"));
}

struct BadCase {
  const char* name;
  const char* header;
};

class BadTraceparentTest : public testing::TestWithParam<BadCase> {};

TEST_P(BadTraceparentTest, StartsANewTrace) {
  EXPECT_FALSE(parse_traceparent(GetParam().header));
  const TraceParent parent = continue_trace(GetParam().header, kEntropy);
  EXPECT_EQ(parent.trace(), "00000000000000010000000000abcdef");
  EXPECT_EQ(parent.span(), "00f067aa0ba902b7");
  EXPECT_FALSE(parent.sampled);
}

INSTANTIATE_TEST_SUITE_P(
    Headers, BadTraceparentTest,
    testing::Values(
        BadCase{"Empty", ""},
        BadCase{"Short", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"},
        BadCase{"VersionZeroWithMore", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"},
        BadCase{"VersionZeroWithDash", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-"},
        BadCase{"ForbiddenVersion", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        BadCase{"UpperCaseTrace", "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        BadCase{"UpperCaseVersion", "CC-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        BadCase{"ZeroTrace", "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
        BadCase{"ZeroSpan", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"},
        BadCase{"NotHexSpan", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01"},
        BadCase{"NotHexFlags", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x"},
        BadCase{"OtherSeparator", "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"},
        BadCase{"LeadingSpace", " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TraceparentTest, ContinuingKeepsTheTraceAndSendsASpanOfOurOwn) {
  const TraceParent parent = continue_trace(kHeader, kEntropy);
  std::string header;
  append_traceparent(header, parent);
  EXPECT_EQ(header, "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");
  EXPECT_EQ(parse_traceparent(header), parent);
}

TEST(TraceparentTest, WithoutEntropyTheHeaderIsStillValid) {
  std::string header;
  append_traceparent(header, continue_trace("", TraceEntropy{}));
  EXPECT_TRUE(parse_traceparent(header)) << header;
}

}  // namespace
}  // namespace penstock::domain

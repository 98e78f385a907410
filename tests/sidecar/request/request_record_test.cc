#include "sidecar/request/request_record.h"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "sidecar/request/request_labels.h"

namespace penstock::request {
namespace {

static_assert(std::is_trivially_copyable_v<RequestRecord>);

TEST(InlineTextTest, KeepsWhatFitsAndCutsTheRest) {
  InlineText<4> text("abcd");
  EXPECT_EQ(text, "abcd");
  text = "abcde";
  EXPECT_EQ(text, "abcd");
  text = "";
  EXPECT_TRUE(text.empty());
}

TEST(InlineTextTest, NeverCutsInsideACharacter) {
  EXPECT_EQ(InlineText<4>("abc\xC3\xA4"), "abc");           // two bytes, one would fit
  EXPECT_EQ(InlineText<5>("abc\xC3\xA4z"), "abc\xC3\xA4");  // ends with the character
  EXPECT_EQ(InlineText<3>("\xF0\x9F\x98\x80"), "");         // four bytes do not fit at all
  EXPECT_EQ(InlineText<4>("\xF0\x9F\x98\x80!"), "\xF0\x9F\x98\x80");
}

TEST(InlineTextTest, TextThatIsNotUtf8IsStillBounded) {
  const std::string continuation_bytes(100, '\x80');
  EXPECT_EQ(InlineText<8>(continuation_bytes), "");
}

TEST(RequestLabelsTest, StatusClasses) {
  EXPECT_EQ(status_class(200), "2xx");
  EXPECT_EQ(status_class(101), "1xx");
  EXPECT_EQ(status_class(599), "5xx");
  EXPECT_EQ(status_class(0), "none");
  EXPECT_EQ(status_class(99), "none");
  EXPECT_EQ(status_class(600), "none");
  EXPECT_EQ(status_class(-1), "none");
}

TEST(RequestLabelsTest, OperationNamesFollowTheConventions) {
  EXPECT_EQ(gen_ai_operation(domain::Operation::kMessages), "chat");
  EXPECT_EQ(gen_ai_operation(domain::Operation::kCompletions), "text_completion");
  EXPECT_EQ(gen_ai_operation(domain::Operation::kEmbeddings), "embeddings");
  EXPECT_EQ(gen_ai_operation(domain::Operation::kCountTokens), "count_tokens");
}

}  // namespace
}  // namespace penstock::request

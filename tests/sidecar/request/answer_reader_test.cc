#include "sidecar/request/answer_reader.h"

#include <string_view>

#include <gtest/gtest.h>

namespace penstock::request {
namespace {

constexpr std::string_view kBody =
    R"({"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"}}],)"
    R"("usage":{"prompt_tokens":3,"completion_tokens":2}})";
constexpr std::string_view kRole =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
constexpr std::string_view kText =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n";

TEST(AnswerReaderTest, AStreamsFirstContentIsSeenOnce) {
  AnswerReader reader(domain::Operation::kChat, /*event_stream=*/true, "");
  EXPECT_FALSE(reader.feed(kRole));
  EXPECT_TRUE(reader.feed(kText));
  EXPECT_FALSE(reader.feed(kText));
}

// However its bytes are cut: a whole body in one piece once passed for a first token.
TEST(AnswerReaderTest, AnAnswerThatIsNoStreamHasNoFirstToken) {
  AnswerReader at_once(domain::Operation::kChat, /*event_stream=*/false, "");
  EXPECT_FALSE(at_once.feed(kBody));
  at_once.end();
  EXPECT_TRUE(at_once.usage().saw_content());

  AnswerReader in_pieces(domain::Operation::kChat, /*event_stream=*/false, "");
  EXPECT_FALSE(in_pieces.feed(kBody.substr(0, 90)));
  EXPECT_FALSE(in_pieces.feed(kBody.substr(90)));
  in_pieces.end();
  EXPECT_TRUE(in_pieces.usage().saw_content());
}

}  // namespace
}  // namespace penstock::request

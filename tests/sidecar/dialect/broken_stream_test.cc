#include "sidecar/dialect/broken_stream.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/dialect/json_walk.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Operation;

constexpr domain::Endpoint kChat{Dialect::kOpenAi, Operation::kChat};
constexpr domain::Endpoint kResponses{Dialect::kOpenAi, Operation::kResponses};
constexpr domain::Endpoint kMessages{Dialect::kAnthropic, Operation::kMessages};

const std::string kOpenAiError =
    R"("error":{"message":"Gone.","type":"server_error","param":null,"code":"upstream_failed"}})";
const std::string kAnthropicError =
    R"("type":"error","error":{"type":"api_error","message":"Gone."}})";

std::string end_of(domain::Endpoint endpoint, std::string_view begun, std::int64_t number = 0) {
  UnfinishedEvent unfinished;
  unfinished.feed(begun);
  return end_of_broken_stream(endpoint, ErrorCode::kUpstreamFailed, "Gone.", number, unfinished);
}

TEST(BrokenStreamTest, BetweenEventsTheErrorIsOneOfItsOwn) {
  EXPECT_EQ(end_of(kChat, "data: {}\n\n"), "data: {" + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kMessages, ""), "event: error\ndata: {" + kAnthropicError + "\n\n");
  EXPECT_EQ(end_of(kResponses, "", 7),
            "event: error\ndata: "
            R"({"type":"error","sequence_number":7,"code":"upstream_failed","message":"Gone.",)"
            R"("param":null,)" +
                kOpenAiError + "\n\n");
}

TEST(BrokenStreamTest, ATornEventBecomesTheError) {
  EXPECT_EQ(end_of(kChat, "data: {\"a\":\"b"), "\"," + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kMessages, "event: x\ndata: {\"a\":{"),
            "}," + kAnthropicError + "\nevent: error\n\n");
}

TEST(BrokenStreamTest, ALineThatIsWholeIsLeftAsItIs) {
  EXPECT_EQ(end_of(kChat, "data: {\"a\":1,\n"), "data: " + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kChat, "data: {\"a\":1\r"), "\ndata: ," + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kChat, "data: {\"a\":1\nid: 4"), "\ndata: ," + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kMessages, "data: {\"a\":1}\nevent: x"),
            "\n\nevent: error\ndata: {" + kAnthropicError + "\n\n");
}

TEST(BrokenStreamTest, AnEventThatOnlyLacksItsEndIsGivenIt) {
  EXPECT_EQ(end_of(kChat, "data: {}"), "\n\ndata: {" + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kChat, "data: {}\n"), "\ndata: {" + kOpenAiError + "\n\n");
}

TEST(BrokenStreamTest, WhatIsNoJsonIsEndedBeforeTheError) {
  EXPECT_EQ(end_of(kChat, "data: x"), "\n\ndata: {" + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kMessages, "data: x"), "\nevent: error\ndata: {" + kAnthropicError + "\n\n");
}

TEST(BrokenStreamTest, TheLastWordIsFinished) {
  const std::string error = "data: {" + kOpenAiError + "\n\n";
  for (const std::string_view begun : {"[", "[D", "[DO", "[DON", "[DONE", "[DONE]"}) {
    const std::string stream = "data: " + std::string(begun);
    EXPECT_EQ(stream + end_of(kChat, stream), "data: [DONE]\n\n" + error);
  }
  EXPECT_EQ(end_of(kChat, "data: [DONE]\n"), "\n" + error);
  EXPECT_EQ(end_of(kChat, "data: [DONE] "), "\n\n" + error);
  EXPECT_EQ(end_of(kChat, "data:[DO"), "NE]\n\n" + error);
  EXPECT_EQ(end_of(kChat, "data: [DO\n"), "\n" + error) << "another line would be another word";
  EXPECT_EQ(end_of(kChat, "data: [1"), "\n\n" + error);
}

TEST(BrokenStreamTest, HowLongTheEventIsDoesNotMatter) {
  std::string endless = "data: {\"a\":[\"";
  endless.append(5 << 20, 'x');
  EXPECT_EQ(end_of(kChat, endless), "\"]," + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kMessages, endless), "\"]," + kAnthropicError + "\nevent: error\n\n");
}

TEST(BrokenStreamTest, AByteOrderMarkStandsBeforeTheStreamAlone) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(end_of(kChat, mark + "data: {\"a\":"), "null," + kOpenAiError + "\n\n");
  EXPECT_EQ(end_of(kChat, mark + "data: {}\n\ndata: {"), kOpenAiError + "\n\n");
  // Anywhere else it makes a field that nobody knows.
  EXPECT_EQ(end_of(kChat, "data: {}\n\n" + mark + "data: {"), "\ndata: {" + kOpenAiError + "\n\n");
}

// What a reader of the standard sees of it, for every place where it may have been torn.
TEST(BrokenStreamTest, WhereverItIsTornTheLastEventIsTheErrorAndEveryOneIsJson) {
  for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
    for (const domain::Endpoint endpoint : {kChat, kResponses, kMessages}) {
      std::string whole;
      for (const std::string_view line :
           {": ping", "", "event: x", R"(data: {"type":"x","sequence_number":0,)",
            R"(data:"delta":"é \ud83d\ude80","n":[-1.5e3,{}]})", "id: 4", ""}) {
        whole.append(line).append(line_end);
      }
      for (std::size_t size = 0; size <= whole.size(); ++size) {
        const std::string stream =
            whole.substr(0, size) + end_of(endpoint, whole.substr(0, size), 0);
        domain::SseParser parser;
        std::vector<std::pair<std::string, std::string>> events;
        parser.feed(stream, [&events](const domain::SseEvent& event) {
          if (event.has_data) {
            events.emplace_back(event.name, event.data);
          }
        });
        EXPECT_EQ(parser.pending(), "") << stream;
        ASSERT_FALSE(events.empty()) << stream;
        const auto& [name, data] = events.back();
        EXPECT_TRUE(endpoint.operation == Operation::kChat || name == "error") << stream;
        const auto error = find_member(data, "error");
        ASSERT_TRUE(error) << stream;
        EXPECT_EQ(find_member(*error, "message"), R"("Gone.")") << stream;
        for (const auto& each : events) {
          ObjectWalk walk(each.second);
          for (JsonMember member; walk.next(member);) {
          }
          EXPECT_TRUE(walk.complete()) << stream;
        }
      }
    }
  }
}

}  // namespace
}  // namespace penstock::dialect

#include "sidecar/dialect/usage_reader.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/dialect/usage_estimate.h"
#include "sidecar/domain/sse_parser.h"
#include "tests/sidecar/dialect/sample_streams.h"

namespace penstock::dialect {
namespace {

using domain::Operation;
using domain::TokenUsage;

// Every piece in a block of its own, so that ASan sees a view that outlives it.
UsageReader read_stream(Operation operation, const std::vector<std::string_view>& pieces) {
  UsageReader reader(operation, /*is_stream=*/true);
  domain::SseParser parser;
  for (const std::string_view piece : pieces) {
    const auto block = std::make_unique<char[]>(piece.size());
    if (!piece.empty()) {
      std::memcpy(block.get(), piece.data(), piece.size());
    }
    parser.feed({block.get(), piece.size()},
                [&reader](const domain::SseEvent& event) { reader.on_event(event); });
  }
  if (const auto last = parser.finish()) {
    reader.on_event(*last);
  }
  return reader;
}

void expect_as_sampled(const UsageReader& reader, const samples::Stream& sample) {
  SCOPED_TRACE(sample.name);
  EXPECT_EQ(label(reader.ending()), label(sample.ending));
  EXPECT_EQ(reader.usage().has_value(), sample.has_usage);
  EXPECT_EQ(reader.usage().value_or(TokenUsage{}), sample.usage);
  EXPECT_EQ(reader.response_model(), sample.model);
  EXPECT_EQ(reader.content_events(), sample.content_events);
  EXPECT_EQ(reader.output_bytes(), sample.output_bytes);
  EXPECT_EQ(reader.saw_content(), sample.content_events > 0);
}

TEST(UsageReaderStreamTest, ReadsEveryEnding) {
  for (const samples::Stream& sample : samples::all()) {
    expect_as_sampled(read_stream(sample.operation, {sample.bytes}), sample);
  }
}

TEST(UsageReaderStreamTest, EveryCutReadsTheSame) {
  for (const samples::Stream& sample : samples::all()) {
    const std::string_view bytes = sample.bytes;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      expect_as_sampled(read_stream(sample.operation, {bytes.substr(0, cut), bytes.substr(cut)}),
                        sample);
      ASSERT_FALSE(testing::Test::HasFailure()) << cut;
    }
  }
}

TEST(UsageReaderStreamTest, LineEndsAndSpacesDoNotMatter) {
  for (const samples::Stream& sample : samples::all()) {
    for (const std::string_view line_end : {"\r\n", "\r"}) {
      const std::string bytes = samples::with_line_end(sample.bytes, line_end);
      expect_as_sampled(read_stream(sample.operation, {bytes}), sample);
    }
    expect_as_sampled(read_stream(sample.operation, {samples::without_space(sample.bytes)}),
                      sample);
    const std::string with_comments = ": hello\n\n" + sample.bytes;
    expect_as_sampled(read_stream(sample.operation, {with_comments}), sample);
  }
}

TEST(UsageReaderStreamTest, TheLastBlankLineMayBeMissing) {
  for (const samples::Stream& sample : samples::all()) {
    std::string bytes = sample.bytes;
    for (int lines = 0; lines < 2; ++lines) {
      bytes.pop_back();
      expect_as_sampled(read_stream(sample.operation, {bytes}), sample);
    }
  }
}

// A prefix of a stream never claims more than the stream itself does, nor an end before the end.
TEST(UsageReaderStreamTest, AStreamCutShortNeverLooksComplete) {
  for (const char* const name : {"chat", "responses", "messages"}) {
    const samples::Stream& sample = samples::named(name);
    const std::size_t last_event = sample.bytes.rfind("\n\n", sample.bytes.size() - 3) + 2;
    for (std::size_t size = 0; size < last_event; ++size) {
      const std::string_view prefix = std::string_view(sample.bytes).substr(0, size);
      EXPECT_EQ(label(read_stream(sample.operation, {prefix}).ending()), "none") << name << size;
    }
  }
}

TEST(UsageReaderStreamTest, TypesComeFromTheJsonWhereEventLinesAreMissing) {
  for (const char* const name : {"responses", "messages"}) {
    const samples::Stream& sample = samples::named(name);
    std::string bytes;
    std::string_view rest = sample.bytes;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n') + 1;
      const std::string_view line = rest.substr(0, end);
      if (!line.starts_with("event:")) {
        bytes.append(line);
      }
      rest.remove_prefix(end);
    }
    expect_as_sampled(read_stream(sample.operation, {bytes}), sample);
  }
}

TEST(UsageReaderStreamTest, ServiceTiersAreRead) {
  const auto read = [](const char* name) {
    const samples::Stream& sample = samples::named(name);
    return read_stream(sample.operation, {sample.bytes});
  };
  EXPECT_EQ(read("chat").service_tier(), "default");
  EXPECT_EQ(read("messages").service_tier(), "standard");
}

TEST(UsageReaderStreamTest, GarbageIsPassedOver) {
  for (const Operation operation :
       {Operation::kChat, Operation::kResponses, Operation::kMessages}) {
    const UsageReader reader = read_stream(
        operation,
        {"data: nonsense\n\ndata: {\"usage\":{\"prompt_tokens\":1\n\ndata: []\n\ndata: "
         "{\"usage\":5,\"choices\":7,\"type\":3,\"delta\":[],\"response\":[],\"message\":1}\n\n"});
    EXPECT_EQ(reader.usage(), std::nullopt);
    EXPECT_EQ(label(reader.ending()), "none");
    EXPECT_FALSE(reader.saw_content());
  }
}

TEST(UsageReaderStreamTest, NamesFromTheUpstreamAreBounded) {
  const std::string chunk =
      "data: {\"model\":\"" + std::string(1000, 'm') + "\",\"choices\":[]}\n\n";
  EXPECT_EQ(read_stream(Operation::kChat, {chunk}).response_model(), "");
  const std::string_view escaped = "data: {\"model\":\"org\\/m\",\"choices\":[]}\n\n";
  EXPECT_EQ(read_stream(Operation::kChat, {escaped}).response_model(), "org/m");
}

struct BodyCase {
  const char* name;
  Operation operation;
  std::string body;
  Ending ending;
  bool has_usage;
  TokenUsage usage;
  std::string_view model;
};

const std::vector<BodyCase>& bodies() {
  static const std::vector<BodyCase> kBodies = {
      {"chat",
       Operation::kChat,
       R"({"id":"c","model":"gpt-4o","service_tier":"flex","choices":[{"index":0,"message":{"role":"assistant","content":"\"usage\": {} \\","usage":{"prompt_tokens":999}},"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":100,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":64}}})",
       Ending::kComplete,
       true,
       {.input_uncached = 36, .cache_read = 64, .output = 10},
       "gpt-4o"},
      {"chat_pretty",
       Operation::kChat,
       "{\n  \"model\": \"m\",\n  \"choices\": [\n    {\"finish_reason\": \"length\"},\n    "
       "{\"finish_reason\": \"stop\"}\n  ],\n  \"usage\": null\n}\n",
       Ending::kTruncated,
       false,
       {},
       "m"},
      {"chat_error",
       Operation::kChat,
       R"({"error":{"message":"x","type":"server_error"}})",
       Ending::kFailed,
       false,
       {},
       ""},
      {"completions",
       Operation::kCompletions,
       R"({"model":"b","choices":[{"text":"x","finish_reason":"content_filter"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
       Ending::kContentFiltered,
       true,
       {.input_uncached = 1, .output = 2},
       "b"},
      {"embeddings",
       Operation::kEmbeddings,
       R"({"object":"list","data":[{"embedding":[0.1,-2e-3]}],"model":"ada","usage":{"prompt_tokens":8,"total_tokens":8}})",
       Ending::kComplete,
       true,
       {.input_uncached = 8},
       "ada"},
      {"responses",
       Operation::kResponses,
       R"({"id":"r","status":"completed","error":null,"incomplete_details":null,"model":"gpt-5","output":[{"type":"message"}],"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":10},"output_tokens":8,"output_tokens_details":{"reasoning_tokens":5}}})",
       Ending::kComplete,
       true,
       {.input_uncached = 20, .cache_read = 10, .output = 8, .reasoning = 5},
       "gpt-5"},
      {"responses_incomplete",
       Operation::kResponses,
       R"({"status":"incomplete","incomplete_details":{"reason":"content_filter"},"model":"gpt-5","usage":{"input_tokens":3,"output_tokens":1}})",
       Ending::kContentFiltered,
       true,
       {.input_uncached = 3, .output = 1},
       "gpt-5"},
      {"responses_failed",
       Operation::kResponses,
       R"({"status":"failed","error":{"code":"server_error"},"model":"gpt-5","usage":null})",
       Ending::kFailed,
       false,
       {},
       "gpt-5"},
      {"responses_background",
       Operation::kResponses,
       R"({"status":"queued","model":"gpt-5","usage":null})",
       Ending::kIncomplete,
       false,
       {},
       "gpt-5"},
      {"messages",
       Operation::kMessages,
       R"({"id":"m","type":"message","model":"claude","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"cache_creation_input_tokens":40,"cache_read_input_tokens":7,"output_tokens":6}})",
       // No split by lifetime: all of it is written for five minutes.
       Ending::kComplete,
       true,
       {.input_uncached = 5, .cache_read = 7, .cache_write_5m = 40, .output = 6},
       "claude"},
      {"messages_paused",
       Operation::kMessages,
       R"({"model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":5,"output_tokens":6}})",
       Ending::kIncomplete,
       true,
       {.input_uncached = 5, .output = 6},
       "claude"},
      {"count_tokens",
       Operation::kCountTokens,
       R"({"input_tokens":5})",
       Ending::kComplete,
       false,
       {},
       ""},
      {"cut",
       Operation::kChat,
       R"({"model":"m","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1})",
       Ending::kNone,
       false,
       {},
       ""},
      {"not_json", Operation::kChat, "<html>", Ending::kNone, false, {}, ""},
      {"empty", Operation::kChat, "", Ending::kNone, false, {}, ""},
  };
  return kBodies;
}

void expect_as_listed(const UsageReader& reader, const BodyCase& each) {
  SCOPED_TRACE(each.name);
  EXPECT_EQ(label(reader.ending()), label(each.ending));
  EXPECT_EQ(reader.usage().has_value(), each.has_usage);
  EXPECT_EQ(reader.usage().value_or(TokenUsage{}), each.usage);
  EXPECT_EQ(reader.response_model(), each.model);
}

TEST(UsageReaderBodyTest, ReadsEveryDialect) {
  for (const BodyCase& each : bodies()) {
    UsageReader reader(each.operation, /*is_stream=*/false);
    reader.on_body(each.body);
    expect_as_listed(reader, each);
  }
}

TEST(UsageReaderBodyTest, EveryCutReadsTheSame) {
  for (const BodyCase& each : bodies()) {
    const std::string_view body = each.body;
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      UsageReader reader(each.operation, /*is_stream=*/false);
      reader.on_body_piece(body.substr(0, cut));
      reader.on_body_piece(body.substr(cut));
      reader.on_body_end();
      expect_as_listed(reader, each);
      ASSERT_FALSE(testing::Test::HasFailure()) << cut;
    }
  }
}

TEST(UsageEstimateTest, CountsByScript) {
  EXPECT_EQ(estimate_tokens(""), 0);
  EXPECT_EQ(estimate_tokens("a"), 1);
  EXPECT_EQ(estimate_tokens("eight by"), 2);
  EXPECT_EQ(estimate_tokens("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"), 2);  // four of two bytes
  EXPECT_EQ(estimate_tokens("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE6\x97\xA5"),
            3);  // four of three bytes
  EXPECT_EQ(estimate_tokens("\xF0\x9F\x98\x80"), 2);
  EXPECT_EQ(estimate_tokens_of(0), 0);
  EXPECT_EQ(estimate_tokens_of(9), 3);
}

TEST(UsageEstimateTest, FillsInOnlyWhatNobodySaid) {
  const auto settle = [](const char* name) {
    const samples::Stream& sample = samples::named(name);
    return usage_or_estimate(read_stream(sample.operation, {sample.bytes}), 400);
  };
  EXPECT_EQ(settle("chat"), samples::named("chat").usage);
  // 400 bytes of request are 100 tokens; "Hello" is 5 bytes: 2 tokens.
  EXPECT_EQ(settle("chat_cut_before_usage"),
            (TokenUsage{.input_uncached = 100, .output = 2, .estimated = true}));
  // The input was said; one output token was a start, "Hey" is 1 token too.
  TokenUsage cut = samples::named("messages_cut").usage;
  cut.estimated = true;
  EXPECT_EQ(settle("messages_cut"), cut);
  // Three content events: at least three tokens, 12 bytes say the same.
  EXPECT_EQ(settle("chat_tools_in_pieces"),
            (TokenUsage{.input_uncached = 100, .output = 3, .estimated = true}));
}

TEST(UsageEstimateTest, AnEmbeddingWithoutUsageIsEstimatedFromItsRequest) {
  UsageReader reader(Operation::kEmbeddings, /*is_stream=*/false);
  reader.on_body(R"({"data":[{"embedding":[0.1]}],"model":"ada"})");
  EXPECT_EQ(usage_or_estimate(reader, 40), (TokenUsage{.input_uncached = 10, .estimated = true}));
}

}  // namespace
}  // namespace penstock::dialect

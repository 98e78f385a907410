#include "sidecar/dialect/request_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

using domain::Operation;

// Read by the walk and, where the whole is well-formed, from its tree: the two agree.
class Body {
 public:
  explicit Body(std::string_view text) : text_(text) {}
  RequestFacts read(Operation operation = Operation::kChat) {
    RequestFacts facts = read_request(operation, text_);
    if (!tree_.parse(text_)) {
      expect_equal(read_request(operation, tree_), facts);
    }
    return facts;
  }
  std::string_view at(ByteRange range) const {
    return std::string_view(text_).substr(range.begin, range.end - range.begin);
  }
  const std::string& text() const { return text_; }

 private:
  static void expect_equal(const RequestFacts& whole, const RequestFacts& walked) {
    EXPECT_EQ(whole.ok, walked.ok);
    EXPECT_EQ(whole.model, walked.model);
    EXPECT_EQ(whole.stream, walked.stream);
    EXPECT_EQ(whole.n, walked.n);
    EXPECT_EQ(whole.output_tokens_max, walked.output_tokens_max);
    EXPECT_EQ(whole.include_usage, walked.include_usage);
    EXPECT_EQ(whole.stateful(), walked.stateful());
    EXPECT_EQ(whole.store, walked.store);
    EXPECT_EQ(whole.stream_options, walked.stream_options);
    EXPECT_EQ(whole.stream_options_repeats, walked.stream_options_repeats);
    if (whole.ok) {
      EXPECT_EQ(whole.after_open_brace, walked.after_open_brace);
      EXPECT_EQ(whole.empty_object, walked.empty_object);
    }
  }

  std::string text_;
  domain::JsonTree tree_;
};

TEST(RequestReaderTest, ReadsAChatRequest) {
  Body body(
      R"({"messages":[{"role":"user","content":"model \"x\" {"}],"model":"gpt-4o","stream":true,)"
      R"("stream_options" : {"include_usage":false} ,"n":3,"max_tokens":100,"unknown":[1,{}]})");
  const RequestFacts facts = body.read();
  ASSERT_TRUE(facts.ok);
  EXPECT_EQ(facts.model, "gpt-4o");
  EXPECT_EQ(facts.model_unescaped, nullptr);
  EXPECT_TRUE(facts.stream);
  EXPECT_EQ(facts.include_usage, false);
  EXPECT_EQ(facts.n, 3U);
  EXPECT_EQ(facts.output_tokens_max, 100);
  EXPECT_FALSE(facts.stateful());
  ASSERT_TRUE(facts.stream_options);
  EXPECT_EQ(body.at(*facts.stream_options), R"({"include_usage":false})");
}

TEST(RequestReaderTest, DefaultsWhereNothingIsSaid) {
  const RequestFacts facts = Body("{}").read();
  EXPECT_TRUE(facts.ok);
  EXPECT_TRUE(facts.empty_object);
  EXPECT_EQ(facts.after_open_brace, 1U);
  EXPECT_EQ(facts.model, "");
  EXPECT_FALSE(facts.stream);
  EXPECT_EQ(facts.n, 1U);
  EXPECT_EQ(facts.output_tokens_max, std::nullopt);
  EXPECT_EQ(facts.include_usage, std::nullopt);
  EXPECT_EQ(facts.stream_options, std::nullopt);
}

TEST(RequestReaderTest, EscapesInTheModelAreResolved) {
  Body body(R"({"model":"org\/na\u006de","stream":false})");
  RequestFacts facts = body.read();
  EXPECT_EQ(facts.model, "org/name");
  const RequestFacts moved = std::move(facts);
  body.read();
  EXPECT_EQ(moved.model, "org/name");
}

TEST(RequestReaderTest, AnEscapedKeyIsTheSameKey) {
  EXPECT_EQ(Body(R"({"\u006dodel":"x"})").read().ok, true);
  Body body(R"({"\u006dodel":"x"})");
  EXPECT_EQ(body.read().model, "x");
}

TEST(RequestReaderTest, OnlyTheTopLevelCounts) {
  Body body(
      R"({"metadata":{"model":"no","stream":true},"messages":[{"model":"no"}],"model":"yes"})");
  const RequestFacts facts = body.read();
  EXPECT_EQ(facts.model, "yes");
  EXPECT_FALSE(facts.stream);
}

TEST(RequestReaderTest, TheLastOfARepeatedKeyCounts) {
  Body body(R"({"model":"a","stream":true,"stream":false,"model":"b"})");
  const RequestFacts facts = body.read();
  EXPECT_EQ(facts.model, "b");
  EXPECT_FALSE(facts.stream);
}

TEST(RequestReaderTest, UnexpectedTypesReadAsAbsent) {
  Body body(
      R"({"model":7,"stream":"yes","n":"two","max_tokens":1.5,"stream_options":[1],"x":1,"store":3})");
  const RequestFacts facts = body.read();
  ASSERT_TRUE(facts.ok);
  EXPECT_EQ(facts.model, "");
  EXPECT_FALSE(facts.stream);
  EXPECT_EQ(facts.n, 1U);
  EXPECT_EQ(facts.output_tokens_max, std::nullopt);
  EXPECT_EQ(facts.include_usage, std::nullopt);
  EXPECT_EQ(facts.store, std::nullopt);
}

TEST(RequestReaderTest, NClampsToSomethingSane) {
  EXPECT_EQ(Body(R"({"n":-5})").read().n, 1U);
  EXPECT_EQ(Body(R"({"n":null})").read().n, 1U);
  EXPECT_EQ(Body(R"({"n":9999999999})").read().n, 4294967295U);
}

TEST(RequestReaderTest, TheNewerTokenLimitWins) {
  EXPECT_EQ(Body(R"({"max_tokens":1,"max_completion_tokens":2})").read().output_tokens_max, 2);
  EXPECT_EQ(Body(R"({"max_completion_tokens":2,"max_tokens":1})").read().output_tokens_max, 2);
  EXPECT_EQ(Body(R"({"max_output_tokens":3})").read(Operation::kResponses).output_tokens_max, 3);
}

TEST(RequestReaderTest, ResponsesAreStatefulUnlessStoreIsFalse) {
  struct Case {
    const char* text;
    bool stateful;
  };
  for (const Case& each : {
           Case{R"({"model":"m"})", true},
           Case{R"({"store":null})", true},
           Case{R"({"store":true})", true},
           Case{R"({"store":false})", false},
           Case{R"({"store":false,"previous_response_id":null,"conversation":null})", false},
           Case{R"({"store":false,"previous_response_id":"resp_1"})", true},
           Case{R"({"store":false,"conversation":{"id":"c"}})", true},
           Case{R"({"store":false,"background":true})", true},
       }) {
    const RequestFacts facts = Body(each.text).read(Operation::kResponses);
    EXPECT_TRUE(facts.ok);
    EXPECT_EQ(facts.stateful(), each.stateful) << each.text;
  }
  EXPECT_FALSE(Body(R"({"model":"m"})").read(Operation::kMessages).stateful());
}

TEST(RequestReaderTest, StreamOptionsOfEachShapeAreLocated) {
  struct Case {
    const char* text;
    const char* value;
  };
  for (const Case& each : {
           Case{R"({"stream_options":null,"n":1})", "null"},
           Case{R"({"stream_options":null})", "null"},
           Case{R"({"stream_options": { }  ,"n":1})", "{ }"},
           Case{R"({"stream_options":{"a":{"b":"}"}} })", R"({"a":{"b":"}"}})"},
       }) {
    Body body(each.text);
    const RequestFacts facts = body.read();
    ASSERT_TRUE(facts.ok) << each.text;
    ASSERT_TRUE(facts.stream_options) << each.text;
    EXPECT_EQ(body.at(*facts.stream_options), each.value);
    EXPECT_FALSE(facts.stream_options_repeats);
  }
  EXPECT_TRUE(Body(R"({"stream_options":null,"stream_options":{}})").read().stream_options_repeats);
}

TEST(RequestReaderTest, WhatIsNotAnObjectIsNotOk) {
  for (const std::string_view text :
       {"", " ", "[]", "\"x\"", "null", "{", "{\"model\"", "{\"model\":\"x", "{\"model\":\"x\"",
        "{} x", "{}{}", "{\"model\":\"\xFF\"}", "{\"model\":}"}) {
    EXPECT_FALSE(Body(text).read().ok) << text;
  }
}

TEST(RequestReaderTest, AModelWithAControlByteIsNone) {
  EXPECT_EQ(Body("{\"model\":\"a\nb\"}").read().model, "");
}

TEST(RequestReaderTest, LargeBodiesAreReadToo) {
  Body body(R"({"messages":")" + std::string(3 << 20, 'x') + R"(","model":"m"})");
  const RequestFacts facts = body.read();
  EXPECT_TRUE(facts.ok);
  EXPECT_EQ(facts.model, "m");
}

}  // namespace
}  // namespace penstock::dialect

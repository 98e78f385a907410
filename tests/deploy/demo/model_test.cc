#include <array>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/draft.h"
#include "deploy/demo/model/sse.h"
#include "deploy/demo/model/text.h"

namespace penstock::demo::model {
namespace {

using nlohmann::json;

const Stamp kStamp{"0123456789abcdef", 1'700'000'000, false};
const Stamp kAnthropic{"0123456789abcdef", 1'700'000'000, true};

Simulation simulation(std::string_view header) {
  auto parsed = Simulation::parse(header);
  EXPECT_TRUE(parsed) << header;
  return parsed ? *parsed : Simulation();
}

Answer ask(Operation operation, std::string_view body, std::string_view header = "") {
  const auto request = read_request(body);
  EXPECT_TRUE(request) << body;
  const bool anthropic = operation == Operation::kMessages || operation == Operation::kCountTokens;
  return answer(operation, *request, simulation(header), anthropic ? kAnthropic : kStamp);
}

std::vector<json> events_of(const Answer& answer) {
  std::vector<json> events;
  for (std::size_t i = 0; i < answer.events.size(); ++i) {
    if (answer.events[i].data != "[DONE]") {
      events.push_back(json::parse(answer.events[i].data));
    }
  }
  return events;
}

// What a chat client puts together from a stream's deltas, for one choice.
json assembled(const Answer& answer, int index) {
  json message = {{"content", ""}, {"tool_calls", json::array()}, {"finish_reason", nullptr}};
  for (const json& chunk : events_of(answer)) {
    for (const json& choice : chunk["choices"]) {
      if (choice["index"] != index) {
        continue;
      }
      const json& delta = choice["delta"];
      if (delta.contains("content") && delta["content"].is_string()) {
        message["content"] =
            message["content"].get<std::string>() + delta["content"].get<std::string>();
      }
      for (const json& call : delta.value("tool_calls", json::array())) {
        const auto at = call["index"].get<std::size_t>();
        if (at == message["tool_calls"].size()) {
          message["tool_calls"].push_back({{"name", call["function"]["name"]}, {"arguments", ""}});
        }
        json& whole = message["tool_calls"][at]["arguments"];
        whole = whole.get<std::string>() + call["function"]["arguments"].get<std::string>();
      }
      if (!choice["finish_reason"].is_null()) {
        message["finish_reason"] = choice["finish_reason"];
      }
    }
  }
  return message;
}

constexpr std::string_view kTools =
    R"("tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":)"
    R"({"city":{"type":"string"},"days":{"type":"integer"},"unit":{"enum":["C","F"]},"near":{"type":"boolean"}}}}}])";

TEST(ChatTest, AStreamSaysWhatThePlainAnswerSays) {
  const std::string body = R"({"model":"m","n":2,"messages":[{"role":"user","content":"hi"}])";
  const json plain = json::parse(ask(Operation::kChat, body + "}").body);
  const Answer stream = ask(Operation::kChat, body + R"(,"stream":true})");
  ASSERT_TRUE(stream.streams);
  for (const int choice : {0, 1}) {
    const json& expected = plain["choices"][static_cast<std::size_t>(choice)];
    EXPECT_EQ(assembled(stream, choice)["content"], expected["message"]["content"]);
    EXPECT_EQ(assembled(stream, choice)["finish_reason"], expected["finish_reason"]);
  }
  EXPECT_NE(plain["choices"][0]["message"]["content"], plain["choices"][1]["message"]["content"]);
  EXPECT_EQ(stream.events[stream.events.size() - 1].data, "[DONE]");
}

TEST(ChatTest, ToolCallsComeInPiecesThatAreJsonTogether) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + std::string(kTools);
  const json call =
      json::parse(ask(Operation::kChat, body + "}").body)["choices"][0]["message"]["tool_calls"][0];
  EXPECT_EQ(call["function"]["name"], "weather");
  const json arguments = json::parse(call["function"]["arguments"].get<std::string>());
  EXPECT_TRUE(arguments["city"].is_string());
  EXPECT_TRUE(arguments["days"].is_number_integer());
  EXPECT_TRUE(arguments["near"].is_boolean());
  EXPECT_TRUE(arguments["unit"] == "C" || arguments["unit"] == "F");
  const json stream = assembled(ask(Operation::kChat, body + R"(,"stream":true})"), 0);
  EXPECT_EQ(stream["tool_calls"][0]["arguments"], call["function"]["arguments"]);
  EXPECT_EQ(stream["finish_reason"], "tool_calls");
}

TEST(ChatTest, UsageIsReportedExactlyWhereAskedFor) {
  const std::string body =
      R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}])";
  for (const json& chunk : events_of(ask(Operation::kChat, body + "}"))) {
    EXPECT_FALSE(chunk.contains("usage"));
  }
  const auto asked =
      events_of(ask(Operation::kChat, body + R"(,"stream_options":{"include_usage":true}})"));
  for (std::size_t i = 0; i + 1 < asked.size(); ++i) {
    EXPECT_TRUE(asked[i].contains("usage") && asked[i]["usage"].is_null());
  }
  EXPECT_TRUE(asked.back()["choices"].empty());
  const json& usage = asked.back()["usage"];
  EXPECT_EQ(usage["total_tokens"],
            usage["prompt_tokens"].get<int>() + usage["completion_tokens"].get<int>());
  const auto running = events_of(ask(
      Operation::kChat, body + R"(,"stream_options":{"include_usage":true}})", "continuous-usage"));
  for (const json& chunk : running) {
    EXPECT_TRUE(chunk["usage"].is_object());
  }
}

TEST(ChatTest, SimulatedCountsAppearInUsage) {
  const json answer =
      json::parse(ask(Operation::kChat, R"({"model":"m","reasoning_effort":"low","messages":[]})",
                      "events=5; reasoning-tokens=7; cached-tokens=2")
                      .body);
  EXPECT_EQ(answer["usage"]["completion_tokens"], 12);
  EXPECT_EQ(answer["usage"]["completion_tokens_details"]["reasoning_tokens"], 7);
  EXPECT_EQ(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
}

TEST(ChatTest, MaxTokensCutsWithFinishReasonLength) {
  const json choice = json::parse(
      ask(Operation::kChat, R"({"model":"m","max_tokens":3,"messages":[]})").body)["choices"][0];
  EXPECT_EQ(choice["finish_reason"], "length");
}

TEST(ChatTest, LogprobsCoverEveryToken) {
  const json choice =
      json::parse(ask(Operation::kChat,
                      R"({"model":"m","logprobs":true,"top_logprobs":2,"messages":[]})", "events=6")
                      .body)["choices"][0];
  const json& content = choice["logprobs"]["content"];
  ASSERT_EQ(content.size(), 6U);
  std::string text;
  for (const json& token : content) {
    text += token["token"].get<std::string>();
    EXPECT_EQ(token["top_logprobs"].size(), 2U);
    EXPECT_LT(token["logprob"].get<double>(), 0);
  }
  EXPECT_EQ(json(text), choice["message"]["content"]);
}

TEST(SeedTest, OnlyWhatCanChangeAnAnswerChangesIt) {
  const auto seed = [](std::string_view body) { return read_request(body)->seed; };
  const std::uint64_t base = seed(R"({"model":"m","messages":[{"role":"user","content":"é"}]})");
  EXPECT_EQ(base, seed(R"({ "messages" : [{"content":"\u00e9","role":"user"}], "model":"m" })"));
  EXPECT_EQ(
      base,
      seed(R"({"model":"m","stream":true,"user":"u","messages":[{"role":"user","content":"é"}]})"));
  EXPECT_NE(base, seed(R"({"model":"n","messages":[{"role":"user","content":"é"}]})"));
  EXPECT_NE(base, seed(R"({"model":"m","messages":[{"role":"user","content":"e"}]})"));
  EXPECT_NE(base,
            seed(R"({"model":"m","temperature":0.5,"messages":[{"role":"user","content":"é"}]})"));
}

TEST(MessagesTest, AStreamSaysWhatThePlainAnswerSays) {
  const std::string body =
      R"({"model":"m","max_tokens":100,"thinking":{"type":"enabled"},"messages":[{"role":"user","content":"hi"}])";
  const json plain = json::parse(ask(Operation::kMessages, body + "}").body);
  ASSERT_EQ(plain["content"].size(), 2U);
  json blocks = json::array();
  json usage;
  const Answer stream = ask(Operation::kMessages, body + R"(,"stream":true})");
  for (const json& event : events_of(stream)) {
    if (event["type"] == "content_block_start") {
      blocks.push_back(event["content_block"]);
    } else if (event["type"] == "content_block_delta") {
      const json& delta = event["delta"];
      for (const char* member : {"text", "thinking", "signature"}) {
        if (delta.contains(member)) {
          json& whole = blocks[event["index"].get<std::size_t>()][member];
          whole = whole.get<std::string>() + delta[member].get<std::string>();
        }
      }
    } else if (event["type"] == "message_delta") {
      usage = event["usage"];
      EXPECT_EQ(event["delta"]["stop_reason"], plain["stop_reason"]);
    }
  }
  EXPECT_EQ(blocks, plain["content"]);
  EXPECT_EQ(usage["output_tokens"], plain["usage"]["output_tokens"]);
  EXPECT_EQ(stream.events[0].name, "message_start");
  EXPECT_EQ(stream.events[stream.events.size() - 1].name, "message_stop");
}

TEST(MessagesTest, CacheCountsAreApartFromInput) {
  const json usage =
      json::parse(ask(Operation::kMessages, R"({"model":"m","max_tokens":9,"messages":[]})",
                      "cache-read=10; cache-write-5m=20; cache-write-1h=30")
                      .body)["usage"];
  EXPECT_EQ(usage["cache_read_input_tokens"], 10);
  EXPECT_EQ(usage["cache_creation_input_tokens"], 50);
  EXPECT_EQ(usage["cache_creation"]["ephemeral_1h_input_tokens"], 30);
}

TEST(ResponsesTest, AStreamIsNumberedAndEndsWithTheWholeAnswer) {
  const std::string body = R"({"model":"m","input":"hi","reasoning":{"effort":"low"})";
  json plain = json::parse(ask(Operation::kResponses, body + "}").body);
  const auto events = events_of(ask(Operation::kResponses, body + R"(,"stream":true})"));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]["sequence_number"], i);
  }
  EXPECT_EQ(events.back()["type"], "response.completed");
  EXPECT_EQ(events.back()["response"], plain);
}

TEST(ResponsesTest, EndsAsTheSimulationSays) {
  constexpr std::string_view kBody = R"({"model":"m","input":"hi","stream":true})";
  const json cut = events_of(ask(Operation::kResponses, kBody, "finish=length")).back();
  EXPECT_EQ(cut["type"], "response.incomplete");
  EXPECT_EQ(cut["response"]["incomplete_details"]["reason"], "max_output_tokens");
  const json failed =
      events_of(ask(Operation::kResponses, kBody, "error-in-stream; error-after-events=4")).back();
  EXPECT_EQ(failed["type"], "response.failed");
  EXPECT_EQ(failed["sequence_number"], 4);
}

TEST(EmbeddingsTest, FloatsAndBase64AreTheSameVector) {
  const json floats = json::parse(
      ask(Operation::kEmbeddings, R"({"model":"m","input":["a","b"],"dimensions":3})").body);
  const json packed = json::parse(
      ask(Operation::kEmbeddings,
          R"({"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64"})")
          .body);
  ASSERT_EQ(floats["data"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    std::string bytes;
    double square = 0;
    for (const json& value : floats["data"][i]["embedding"]) {
      const auto number = value.get<float>();
      std::array<char, 4> raw{};
      std::memcpy(raw.data(), &number, raw.size());
      bytes.append(raw.data(), raw.size());
      square += double{number} * number;
    }
    EXPECT_NEAR(square, 1.0, 1e-6);
    EXPECT_EQ(packed["data"][i]["embedding"], json(base64(bytes)));
  }
  EXPECT_NE(floats["data"][0]["embedding"], floats["data"][1]["embedding"]);
}

TEST(EmbeddingsTest, TokenListsAreOneOrManyInputs) {
  EXPECT_EQ(read_request(R"({"model":"m","input":[1,2,3]})")->inputs.size(), 1U);
  EXPECT_EQ(read_request(R"({"model":"m","input":[[1,2],[3]]})")->inputs.size(), 2U);
  EXPECT_EQ(ask(Operation::kEmbeddings, R"({"model":"m","input":[]})").status, 400);
}

TEST(ErrorTest, EachDialectHasItsShape) {
  const json openai =
      json::parse(error(429, "slow down", simulation("retry-after=3"), kStamp).body);
  EXPECT_EQ(openai["error"]["code"], "rate_limit_exceeded");
  EXPECT_TRUE(openai["error"].contains("param"));
  const Answer refusal = error(529, "Overloaded", simulation("retry-after=3"), kAnthropic);
  const json anthropic = json::parse(refusal.body);
  EXPECT_EQ(anthropic["type"], "error");
  EXPECT_EQ(anthropic["error"]["type"], "overloaded_error");
  ASSERT_EQ(refusal.headers.size(), 1U);
  EXPECT_EQ(refusal.headers[0].value, "3");
}

TEST(ErrorTest, RejectsStreamOptionsByName) {
  const Answer refused =
      ask(Operation::kChat, R"({"model":"m","stream":true,"stream_options":{},"messages":[]})",
          "reject-stream-options");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("stream_options"), std::string::npos);
}

TEST(RequestTest, BadBodiesAreErrors) {
  for (const std::string_view body : {"", "{", "[]", "\"x\"", "{\"a\":}"}) {
    EXPECT_FALSE(read_request(body)) << body;
  }
  EXPECT_EQ(ask(Operation::kChat, "{}").status, 400);
}

TEST(SimulationTest, ReadsNamesNumbersAndWords) {
  const Simulation wish = simulation(" error=503 ;retry-after=2; crlf ;hold=a-b;");
  EXPECT_TRUE(wish.fails());
  EXPECT_EQ(wish.number(Number::kRetryAfter), 2);
  EXPECT_TRUE(wish.is(Switch::kCrlf));
  EXPECT_EQ(wish.word(Word::kHold), "a-b");
  EXPECT_EQ(wish.number(Number::kTimes), kUnset);
}

TEST(SimulationTest, WhatIsMisspeltIsAnError) {
  for (const std::string_view header :
       {"eror=500", "error", "error=x", "error=-1", "hold", "crlff"}) {
    EXPECT_FALSE(Simulation::parse(header)) << header;
  }
}

TEST(OperationTest, PrefixesAndQueriesDoNotMatter) {
  EXPECT_EQ(operation_of("/v1/chat/completions"), Operation::kChat);
  EXPECT_EQ(operation_of("/proxy/openai/v1/chat/completions?api-version=1"), Operation::kChat);
  EXPECT_EQ(operation_of("/v1/messages/count_tokens"), Operation::kCountTokens);
  EXPECT_EQ(operation_of("/v1/models/gpt-4o"), Operation::kModels);
  EXPECT_EQ(operation_of("/v1/files/f/content"), Operation::kFileContent);
  EXPECT_EQ(operation_of("/v1/chat/completionsx"), Operation::kUnknown);
  EXPECT_EQ(operation_of("/"), Operation::kUnknown);
}

TEST(SseTest, FramesAsAskedFor) {
  const auto framed = [](const EventList::Event& event, std::string_view header, bool anthropic) {
    std::string out;
    append_event(event, simulation(header), anthropic, out);
    return out;
  };
  const EventList::Event event{"x", R"({"a":1,"b":2})", false};
  EXPECT_EQ(framed(event, "", false), "event: x\ndata: {\"a\":1,\"b\":2}\n\n");
  EXPECT_EQ(framed(event, "crlf", false), "event: x\r\ndata: {\"a\":1,\"b\":2}\r\n\r\n");
  EXPECT_EQ(framed({"", "[DONE]", false}, "no-space", false), "data:[DONE]\n\n");
  EXPECT_EQ(framed(event, "multiline", false), "event: x\ndata: {\"a\":1,\ndata: \"b\":2}\n\n");
  EXPECT_EQ(framed({"", "d", false}, "comments;pings", false),
            ": a comment\n\n: ping\n\ndata: d\n\n");
  EXPECT_EQ(framed({"", "d", false}, "pings", true),
            "event: ping\ndata: {\"type\":\"ping\"}\n\ndata: d\n\n");
}

TEST(TextTest, CutsNeverSplitACharacter) {
  const Pieces pieces = cut("日本語のテキスト, ascii, 🚀🚀");
  std::string whole;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_NE(static_cast<unsigned char>(pieces[i].front()) & 0xC0U, 0x80U);
    whole += pieces[i];
  }
  EXPECT_EQ(whole, pieces.text);
}

TEST(TextTest, LengthIsExact) {
  for (const std::size_t bytes : {0U, 1U, 17U, 1000U}) {
    EXPECT_EQ(words_of_length(3, bytes).text.size(), bytes);
  }
}

TEST(TextTest, Base64PadsAsRfc4648Does) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace penstock::demo::model

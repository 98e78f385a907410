#include "sidecar/dialect/fold.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/sidecar/dialect/sample_streams.h"

namespace penstock::dialect {
namespace {

using domain::Operation;
using Json = nlohmann::json;

std::string data(std::initializer_list<std::string_view> blocks) {
  std::string stream;
  for (const std::string_view block : blocks) {
    stream.append("data: ").append(block).append("\n\n");
  }
  return stream;
}

// One choice's chunk around `choice`, which follows the index.
std::string chunk(std::string_view choice, int index = 0) {
  return R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":)" +
         std::to_string(index) + "," + std::string(choice) + "}]}";
}

Json folded(Operation operation, std::string_view stream) {
  const auto object = fold(operation, stream);
  return object ? Json::parse(*object) : Json("not foldable");
}

// What a chat object is made of besides its choices.
Json chat_object(std::string_view choices) {
  return {{"id", "c1"},
          {"object", "chat.completion"},
          {"created", 7},
          {"model", "m"},
          {"choices", Json::parse(choices)}};
}

TEST(FoldChatTest, JoinsTheTextOfOneChoice) {
  const std::string stream = data(
      {R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"abc"})",
       chunk(R"("delta":{"content":"Hel\u00e9"},"logprobs":null,"finish_reason":null)"),
       chunk(R"("delta":{"content":"lo \"you\"\n"},"finish_reason":null)"),
       chunk(R"("delta":{},"finish_reason":"stop")"),
       R"({"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","service_tier":"default","system_fingerprint":"fp","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})",
       "[DONE]"});
  EXPECT_EQ(
      fold(Operation::kChat, stream),
      R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hel\u00e9lo \"you\"\n","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"service_tier":"default","system_fingerprint":"fp"})");
}

TEST(FoldChatTest, PutsToolCallsTogetherByIndex) {
  const std::string stream = data(
      {chunk(R"("delta":{"role":"assistant","content":null})"),
       chunk(
           R"("delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}]})"),
       chunk(
           R"("delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}},{"index":1,"id":"call_b","type":"function","function":{"name":"g"}}]})"),
       // Some servers repeat the id, and say null for what does not change.
       chunk(
           R"("delta":{"tool_calls":[{"index":0,"id":"call_a","type":null,"function":{"name":null,"arguments":":1}"}}]})"),
       chunk(R"("delta":{},"finish_reason":"tool_calls")"), "[DONE]"});
  EXPECT_EQ(folded(Operation::kChat, stream), chat_object(R"([{"index":0,
      "message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[
        {"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
        {"id":"call_b","type":"function","function":{"name":"g","arguments":""}}]},
      "logprobs":null,"finish_reason":"tool_calls"}])"));
}

TEST(FoldChatTest, KeepsInterleavedChoicesApart) {
  const std::string stream =
      data({chunk(R"("delta":{"role":"assistant","content":"B"})", 1),
            chunk(R"("delta":{"role":"assistant","content":"A"})", 0),
            chunk(R"("delta":{"content":"b"},"finish_reason":"stop")", 1),
            chunk(R"("delta":{"content":"a"},"finish_reason":"stop")", 0), "[DONE]"});
  EXPECT_EQ(folded(Operation::kChat, stream), chat_object(R"([
      {"index":0,"message":{"role":"assistant","content":"Aa","refusal":null},
       "logprobs":null,"finish_reason":"stop"},
      {"index":1,"message":{"role":"assistant","content":"Bb","refusal":null},
       "logprobs":null,"finish_reason":"stop"}])"));
}

TEST(FoldChatTest, KeepsReasoningRefusalsFunctionCallsAndLogProbabilities) {
  const std::string stream = data(
      {chunk(R"("delta":{"role":"assistant","reasoning_content":"h","reasoning":"t"})"),
       chunk(
           R"("delta":{"reasoning_content":"m","refusal":"n"},"logprobs":{"content":[{"token":"a","logprob":-0.10}],"refusal":null})"),
       chunk(
           R"("delta":{"refusal":"o","function_call":{"name":"f","arguments":"{"}},"logprobs":{"content":[{"token":"b","logprob":-1e-7}],"refusal":null})"),
       chunk(
           R"("delta":{"function_call":{"arguments":"}"}},"finish_reason":"stop","stop_reason":5)"),
       "[DONE]"});
  const auto object = fold(Operation::kChat, stream);
  ASSERT_TRUE(object);
  EXPECT_EQ(Json::parse(*object), chat_object(R"([{"index":0,
      "message":{"role":"assistant","content":null,"refusal":"no","reasoning_content":"hm",
        "reasoning":"t","function_call":{"name":"f","arguments":"{}"}},
      "logprobs":{"content":[{"token":"a","logprob":-0.10},{"token":"b","logprob":-1e-7}],
        "refusal":null},
      "finish_reason":"stop","stop_reason":5}])"));
  // Numbers as they were spelled.
  EXPECT_TRUE(object->contains("-0.10") && object->contains("-1e-7"));
}

TEST(FoldChatTest, AnEmptyTextBesideARefusalOrACallIsNull) {
  const auto content = [](std::string_view delta) {
    return folded(Operation::kChat,
                  data({chunk(R"("delta":{"role":"assistant","content":""})"),
                        chunk(R"("delta":{)" + std::string(delta) + R"(},"finish_reason":"stop")"),
                        "[DONE]"}))["choices"][0]["message"]["content"];
  };
  EXPECT_EQ(content(""), "");
  EXPECT_EQ(content(R"("refusal":"")"), "");
  EXPECT_EQ(content(R"("tool_calls":[])"), "");
  EXPECT_EQ(content(R"("refusal":"no")"), nullptr);
  EXPECT_EQ(content(R"("tool_calls":[{"index":0,"id":"a"}])"), nullptr);
  EXPECT_EQ(content(R"("function_call":{"name":"f"})"), nullptr);
  EXPECT_EQ(content(R"("content":"a","refusal":"no")"), "a");
}

TEST(FoldChatTest, RunningTotalsReplaceEachOther) {
  const std::string stream = data(
      {R"({"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"completion_tokens":1}})",
       R"({"id":"c1","created":7,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"completion_tokens":2}})",
       R"({"choices":null,"usage":{"completion_tokens":3}})", R"({"usage":null})", "[DONE]"});
  EXPECT_EQ(folded(Operation::kChat, stream)["usage"], (Json{{"completion_tokens", 3}}));
}

TEST(FoldChatTest, AcceptsEveryFraming) {
  const std::string& stream = samples::named("chat").bytes;
  const auto object = fold(Operation::kChat, stream);
  ASSERT_TRUE(object);
  EXPECT_EQ(fold(Operation::kChat, samples::with_line_end(stream, "\r\n")), object);
  EXPECT_EQ(fold(Operation::kChat, samples::with_line_end(stream, "\r")), object);
  EXPECT_EQ(fold(Operation::kChat, samples::without_space(stream)), object);
  EXPECT_EQ(fold(Operation::kChat, ": ping\n\n" + stream), object);
  EXPECT_EQ(fold(Operation::kChat, stream.substr(0, stream.size() - 2)), object);
  EXPECT_EQ(fold(Operation::kChat, "event: ping\ndata: {\"type\":\"ping\"}\n\n" + stream), object);
  std::string two_lines = stream;
  two_lines.replace(two_lines.find(",\"object\""), 1, "\ndata: ,");
  EXPECT_EQ(fold(Operation::kChat, two_lines), object);
}

TEST(FoldChatTest, GivesUpOnWhatItDoesNotKnow) {
  const std::string last = chunk(R"("delta":{},"finish_reason":"stop")");
  const auto with = [&last](std::string_view block) { return data({block, last, "[DONE]"}); };
  ASSERT_TRUE(fold(Operation::kChat, with(chunk(R"("delta":{"content":"a"})"))));
  for (const std::string& bad : {
           chunk(R"("delta":{"content":"a","new_field":null})"),
           chunk(R"("delta":{"content":"a"},"content_filter_results":{})"),
           chunk(R"("delta":{"content":["a"]})"),
           chunk(R"("delta":{"content":"a","content":"b"})"),
           chunk(R"("delta":{"audio":{"id":"a"}})"),
           chunk(R"("delta":{"tool_calls":[{"id":"no index"}]})"),
           chunk(R"("delta":{"tool_calls":[{"index":-1}]})"),
           chunk(R"("delta":{"tool_calls":[{"index":99999}]})"),
           chunk(R"("delta":{"tool_calls":[{"index":0,"function":{"name":"f","strict":true}}]})"),
           chunk(R"("delta":{},"token_ids":[1])"),
           std::string(R"({"id":"c1","model":"m","choices":[],"x_groq":{"id":"r"}})"),
           std::string(R"({"id":"c1","object":"","model":"","choices":[]})"),
           std::string(R"({"error":{"message":"boom"}})"),
           std::string("{\"id\":"),
           std::string("[]"),
           std::string("null"),
           std::string("[DONE]"),
           std::string("{\"id\":\"\xff\"}"),
           chunk(R"("delta":{"content":"\ud83d"})"),
       }) {
    EXPECT_FALSE(fold(Operation::kChat, with(bad))) << bad;
  }
}

TEST(FoldChatTest, GivesUpOnPiecesThatContradictEachOther) {
  const std::string last = chunk(R"("delta":{},"finish_reason":"stop")");
  const auto call = [](std::string_view members) {
    return chunk(R"("delta":{"tool_calls":[{"index":0,)" + std::string(members) + "}]}");
  };
  EXPECT_FALSE(
      fold(Operation::kChat, data({call(R"("id":"a")"), call(R"("id":"b")"), last, "[DONE]"})));
  EXPECT_FALSE(fold(Operation::kChat, data({call(R"("function":{"name":"f"})"),
                                            call(R"("function":{"name":"f"})"), last, "[DONE]"})));
  // The second call never came.
  EXPECT_FALSE(
      fold(Operation::kChat,
           data({chunk(R"("delta":{"tool_calls":[{"index":1,"id":"b"}]})"), last, "[DONE]"})));
}

TEST(FoldChatTest, GivesUpOnStreamsWithoutAnEnd) {
  const std::string first = chunk(R"("delta":{"role":"assistant","content":"a"})");
  const std::string last = chunk(R"("delta":{},"finish_reason":"stop")");
  EXPECT_FALSE(fold(Operation::kChat, ""));
  EXPECT_FALSE(fold(Operation::kChat, data({"[DONE]"})));
  EXPECT_FALSE(fold(Operation::kChat, data({first, last})));
  EXPECT_FALSE(fold(Operation::kChat, data({first, "[DONE]"})));
  EXPECT_FALSE(fold(Operation::kChat, data({first, last, "[DONE]", first})));
  // Of two choices one has no end; the first of two never came.
  EXPECT_FALSE(fold(Operation::kChat,
                    data({first, chunk(R"("delta":{"content":"b"})", 1), last, "[DONE]"})));
  EXPECT_FALSE(
      fold(Operation::kChat,
           data({chunk(R"("delta":{"content":"b"},"finish_reason":"stop")", 1), "[DONE]"})));
  EXPECT_FALSE(fold(Operation::kChat, "event: error\n" + data({first, last, "[DONE]"})));
}

TEST(FoldCompletionsTest, JoinsTextAndLogProbabilities) {
  const std::string stream = data(
      {R"({"id":"x","object":"text_completion","created":1,"model":"b","choices":[{"text":"a","index":0,"logprobs":{"tokens":["a"],"token_logprobs":[-1.50],"top_logprobs":[{"a":-1.50}],"text_offset":[0]},"finish_reason":null}]})",
       R"({"id":"x","object":"text_completion","created":1,"model":"b","choices":[{"text":"c","index":0,"logprobs":{"tokens":["c"],"token_logprobs":[-2],"top_logprobs":[{"c":-2}],"text_offset":[1]},"finish_reason":"length"}]})",
       R"({"id":"x","object":"text_completion","created":1,"model":"b","choices":[],"usage":{"total_tokens":3}})",
       "[DONE]"});
  EXPECT_EQ(folded(Operation::kCompletions, stream), Json::parse(R"({
      "id":"x","object":"text_completion","created":1,"model":"b","choices":[{"text":"ac","index":0,
        "logprobs":{"tokens":["a","c"],"token_logprobs":[-1.50,-2],
          "top_logprobs":[{"a":-1.50},{"c":-2}],"text_offset":[0,1]},
        "finish_reason":"length"}],"usage":{"total_tokens":3}})"));
  EXPECT_FALSE(fold(Operation::kChat, stream));
}

TEST(FoldResponsesTest, TakesTheObjectOfTheLastEvent) {
  const std::string start =
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}"
      "\n\nevent: response.new\ndata: {\"type\":\"response.new\",\"x\":1}\n\n"
      "data: {\"type\":\"response.output_item.done\",\"item\":{}}\n\n";
  const std::string end =
      "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":"
      R"({"id":"r", "status":"completed","output":[{"n":1.0}],"unknown":[9007199254740993]})"
      "}\n\n";
  EXPECT_EQ(
      fold(Operation::kResponses, start + end),
      R"({"id":"r", "status":"completed","output":[{"n":1.0}],"unknown":[9007199254740993]})");
  EXPECT_FALSE(fold(Operation::kResponses, start));
  EXPECT_FALSE(fold(Operation::kResponses, end));  // an item that no event finished
  EXPECT_FALSE(fold(Operation::kResponses, start + end + start));
  EXPECT_FALSE(fold(Operation::kResponses, start + "data: {\"type\":\"error\"}\n\n" + end));
  EXPECT_FALSE(fold(Operation::kResponses, samples::named("responses_incomplete").bytes));
  EXPECT_FALSE(fold(Operation::kResponses, samples::named("responses_failed").bytes));
}

// Each event is its type and the rest of its members.
std::string events(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
  std::string stream;
  for (const auto& [type, rest] : list) {
    stream.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
    stream.append("\"").append(rest).append("}\n\n");
  }
  return stream;
}

constexpr std::string_view kStart =
    R"(,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":3},"output_tokens":1,"service_tier":"standard"}})";
constexpr std::string_view kEnd =
    R"(,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15})";

TEST(FoldMessagesTest, PutsEveryKindOfBlockTogether) {
  const std::string stream = events(
      {{"message_start", kStart},
       {"ping", ""},
       {"content_block_start",
        R"(,"index":0,"content_block":{"type":"thinking","thinking":"","signature":""})"},
       {"content_block_delta", R"(,"index":0,"delta":{"type":"thinking_delta","thinking":"H"})"},
       {"content_block_delta", R"(,"index":0,"delta":{"type":"thinking_delta","thinking":"m"})"},
       {"content_block_delta",
        R"(,"index":0,"delta":{"type":"signature_delta","signature":"c2ln"})"},
       {"content_block_stop", R"(,"index":0)"},
       {"content_block_start",
        R"(,"index":1,"content_block":{"type":"redacted_thinking","data":"ZGF0YQ=="})"},
       {"content_block_stop", R"(,"index":1)"},
       {"content_block_start", R"(,"index":2,"content_block":{"type":"text","text":""})"},
       {"content_block_delta",
        R"(,"index":2,"delta":{"type":"citations_delta","citation":{"type":"char_location","start_char_index":1}})"},
       {"content_block_delta", R"(,"index":2,"delta":{"type":"text_delta","text":"He\"y"})"},
       {"content_block_delta", R"(,"index":2,"delta":{"type":"text_delta","text":" you"})"},
       {"content_block_stop", R"(,"index":2)"},
       {"content_block_start",
        R"(,"index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"get","input":{}})"},
       {"content_block_delta",
        R"(,"index":3,"delta":{"type":"input_json_delta","partial_json":""})"},
       {"content_block_delta",
        R"(,"index":3,"delta":{"type":"input_json_delta","partial_json":"{\"a\": 1.50, \"b"})"},
       {"content_block_delta",
        R"(,"index":3,"delta":{"type":"input_json_delta","partial_json":"\": \"\\u00e9\"}"})"},
       {"content_block_stop", R"(,"index":3)"},
       {"content_block_start",
        R"(,"index":4,"content_block":{"type":"tool_use","id":"toolu_2","name":"now","input":{}})"},
       {"content_block_stop", R"(,"index":4)"},
       {"message_delta", R"(,"delta":{"stop_reason":null},"usage":{"output_tokens":9})"},
       {"message_delta",
        R"(,"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":12,"cache_read_input_tokens":4,"output_tokens":15})"},
       {"message_stop", ""}});
  EXPECT_EQ(
      fold(Operation::kMessages, stream),
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[)"
      R"({"type":"thinking","thinking":"Hm","signature":"c2ln"},)"
      R"({"type":"redacted_thinking","data":"ZGF0YQ=="},)"
      R"({"type":"text","text":"He\"y you","citations":[{"type":"char_location","start_char_index":1}]},)"
      R"({"type":"tool_use","id":"toolu_1","name":"get","input":{"a": 1.50, "b": "\u00e9"}},)"
      R"({"type":"tool_use","id":"toolu_2","name":"now","input":{}}],)"
      R"("stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":12,)"
      R"("cache_creation_input_tokens":3,"cache_read_input_tokens":4,)"
      R"("cache_creation":{"ephemeral_5m_input_tokens":3},"output_tokens":15,)"
      R"("service_tier":"standard"}})");
}

TEST(FoldMessagesTest, GivesUpOnWhatItDoesNotKnow) {
  using Event = std::pair<std::string_view, std::string_view>;
  const Event text_start{"content_block_start",
                         R"(,"index":0,"content_block":{"type":"text","text":""})"};
  const Event text{"content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":"a"})"};
  const Event stop{"content_block_stop", R"(,"index":0)"};
  const auto stream = [&](std::initializer_list<Event> middle) {
    return events({{"message_start", kStart}}) + events(middle) +
           events({{"message_delta", kEnd}, {"message_stop", ""}});
  };
  ASSERT_TRUE(fold(Operation::kMessages, stream({})));
  ASSERT_TRUE(fold(Operation::kMessages, stream({text_start, text, stop})));

  for (const auto& middle : std::initializer_list<std::initializer_list<Event>>{
           {text_start, text},        // never stopped
           {text_start, stop, stop},  // stopped twice
           {text_start, stop, text},
           {text},
           {stop},
           {{"message_start", kStart}},
           {{"error", R"(,"error":{"type":"overloaded_error","message":"x"})"}},
           {{"new_event", R"(,"index":0)"}},
           {{"content_block_start", R"(,"index":1,"content_block":{"type":"text","text":""})"}},
           {{"content_block_start",
             R"(,"index":0,"content_block":{"type":"web_search_tool_result"})"},
            stop},
           {{"content_block_start",
             R"(,"index":0,"content_block":{"type":"text","text":"","new_field":1})"},
            stop},
           {text_start,
            {"content_block_delta",
             R"(,"index":0,"delta":{"type":"text_delta","text":"a","new_field":null})"},
            stop},
           {text_start,
            {"content_block_delta", R"(,"index":0,"delta":{"type":"new_delta","text":"a"})"},
            stop},
           {text_start,
            {"content_block_delta",
             R"(,"index":0,"delta":{"type":"thinking_delta","thinking":"a"})"},
            stop},
           {text_start,
            {"content_block_delta",
             R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":"{}"})"},
            stop},
           {{"message_delta", R"(,"delta":{"new_field":1},"usage":{"output_tokens":1})"}},
           {{"message_delta", R"(,"delta":{},"usage":{"output_tokens":1,"new_field":1})"}},
           {{"message_stop", ""}},
       }) {
    const std::string bad = stream(middle);
    EXPECT_FALSE(fold(Operation::kMessages, bad)) << bad;
  }
}

TEST(FoldMessagesTest, GivesUpOnToolInputThatIsNoObject) {
  for (const std::string_view input : {R"({\"a\":)", "[1]", "{} {}", "1"}) {
    const std::string delta = R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":")" +
                              std::string(input) + "\"}";
    EXPECT_FALSE(fold(
        Operation::kMessages,
        events(
            {{"message_start", kStart},
             {"content_block_start",
              R"(,"index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}})"},
             {"content_block_delta", delta},
             {"content_block_stop", R"(,"index":0)"},
             {"message_delta", kEnd},
             {"message_stop", ""}})))
        << input;
  }
}

TEST(FoldMessagesTest, GivesUpOnStreamsWithoutAnEnd) {
  EXPECT_FALSE(fold(Operation::kMessages, ""));
  EXPECT_FALSE(fold(Operation::kMessages, events({{"ping", ""}})));
  EXPECT_FALSE(fold(Operation::kMessages, events({{"message_stop", ""}})));
  EXPECT_FALSE(
      fold(Operation::kMessages, events({{"message_start", kStart}, {"message_stop", ""}})));
  EXPECT_FALSE(
      fold(Operation::kMessages, events({{"message_start", kStart}, {"message_delta", kEnd}})));
}

TEST(FoldTest, OtherOperationsHaveNoStreams) {
  for (const Operation operation :
       {Operation::kEmbeddings, Operation::kCountTokens, Operation::kModels, Operation::kOther}) {
    EXPECT_FALSE(fold(operation, samples::named("chat").bytes));
    EXPECT_FALSE(unfold(operation, R"({"id":"x"})", false));
  }
}

// However a sample ends, fold neither fails in another way nor takes a part for the whole.
TEST(FoldTest, NoPartOfAStreamFolds) {
  for (const samples::Stream& sample : samples::all()) {
    const bool whole = fold(sample.operation, sample.bytes).has_value();
    // The last line ends may be missing.
    for (std::size_t size = 0; size + 4 < sample.bytes.size(); ++size) {
      const bool part = fold(sample.operation, sample.bytes.substr(0, size)).has_value();
      ASSERT_TRUE(!part) << sample.name << " cut at " << size << (whole ? "" : ", not foldable");
    }
  }
}

}  // namespace
}  // namespace penstock::dialect

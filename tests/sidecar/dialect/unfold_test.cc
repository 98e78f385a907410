#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sidecar/dialect/fold.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {
namespace {

using domain::Operation;
using Json = nlohmann::json;

struct ObjectCase {
  const char* name;
  Operation operation;
  std::string_view object;
};

// Spelled as the providers do, now and then with numbers and escapes that must survive.
const std::vector<ObjectCase>& objects() {
  static const std::vector<ObjectCase> kObjects{
      {"Chat", Operation::kChat,
       R"({"id":"c1","object":"chat.completion","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"Hel\u00e9lo \ud83d\ude00 \"you\"\n","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}},"service_tier":"default","system_fingerprint":"fp_1"})"},
      {"ChatPrettyPrinted", Operation::kChat,
       "{\n  \"id\": \"c1\",\r\n  \"object\": \"chat.completion\",\n  \"created\": 7,\n  "
       "\"model\": "
       "\"m\",\n  \"choices\": [\n    {\"index\": 0, \"message\": {\"role\": \"assistant\", "
       "\"content\": \"a\", \"refusal\": null},\n     \"logprobs\": {\"content\": [\n  "
       "{\"token\":\"a\",\n\"logprob\": -0.10, \"bytes\": [97], \"top_logprobs\": []}],\n "
       "\"refusal\": null}, \"finish_reason\": \"stop\"}],\n  \"usage\": {\n    "
       "\"completion_tokens\": 2\n  }\n}"},
      {"ChatTools", Operation::kChat,
       R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\": 1.50}"}},{"id":"call_b","type":"function","function":{"name":"g","arguments":""}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null})"},
      {"ChatSeveralChoices", Operation::kChat,
       R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"length"},{"index":1,"message":{"role":"assistant","content":null,"refusal":"no","reasoning_content":"hm"},"logprobs":{"content":null,"refusal":[{"token":"no","logprob":-1}]},"finish_reason":"content_filter"},{"index":2,"message":{"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{}"}},"logprobs":null,"finish_reason":"function_call"}]})"},
      {"ChatOfVllm", Operation::kChat,
       R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","refusal":null,"reasoning_content":null,"tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":128001}]})"},
      {"Completions",
       Operation::kCompletions, R"({"id":"x","object":"text_completion","created":1,"model":"b","choices":[{"text":"ab","index":0,"logprobs":{"tokens":["ab"],"token_logprobs":[-1.5],"top_logprobs":[{"ab":-1.5}],"text_offset":[0]},"finish_reason":"stop"},{"text":"","index":1,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})"},
      {"Messages", Operation::kMessages,
       R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"thinking","thinking":"Hm","signature":"c2ln"},{"type":"redacted_thinking","data":"eA=="},{"type":"text","text":"Hey \u00e9","citations":[{"type":"char_location","start_char_index":1},{"type":"page_location"}]},{"type":"text","text":"","citations":null},{"type":"tool_use","id":"toolu_1","name":"get","input":{"a": 1.50,"b":["\u00e9\"\\",{}]},"caller":{"type":"direct"}},{"type":"tool_use","id":"toolu_2","name":"now","input":{}}],"stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"container":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":0},"output_tokens":15,"output_tokens_details":{"thinking_tokens":2},"server_tool_use":null,"service_tier":"standard"}})"},
      {"MessagesStopSequence", Operation::kMessages,
       R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":"stop_sequence","stop_sequence":"\n\nHuman:","usage":{"input_tokens":1,"output_tokens":0}})"},
  };
  return kObjects;
}

class UnfoldTest : public testing::TestWithParam<ObjectCase> {};

TEST_P(UnfoldTest, FoldsBackToTheSameObject) {
  const ObjectCase& test = GetParam();
  const auto stream = unfold(test.operation, test.object, true);
  ASSERT_TRUE(stream);
  const auto object = fold(test.operation, *stream);
  ASSERT_TRUE(object) << *stream;
  Json expected = Json::parse(test.object);
  if (expected.contains("usage") && expected["usage"].is_null()) {
    expected.erase("usage");
  }
  Json got = Json::parse(*object);
  if (got.contains("usage") && got["usage"].is_null()) {
    got.erase("usage");
  }
  EXPECT_EQ(got, expected) << *stream;
}

TEST_P(UnfoldTest, EveryEventIsJsonOnOneLine) {
  const ObjectCase& test = GetParam();
  const auto stream = unfold(test.operation, test.object, true);
  ASSERT_TRUE(stream);
  std::size_t events = 0;
  domain::SseParser parser;
  const std::size_t consumed = parser.feed(*stream, [&](const domain::SseEvent& event) {
    EXPECT_TRUE(event.has_data);
    EXPECT_EQ(event.data.find('\n'), std::string_view::npos);
    EXPECT_TRUE(event.data == "[DONE]" || Json::accept(event.data)) << event.data;
    ++events;
  });
  EXPECT_EQ(consumed, stream->size());
  EXPECT_TRUE(parser.pending().empty());
  EXPECT_GE(events, 3U);
}

INSTANTIATE_TEST_SUITE_P(Objects, UnfoldTest, testing::ValuesIn(objects()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(UnfoldChatTest, TellsTheEventsInTheirOrder) {
  const auto stream = unfold(
      Operation::kChat,
      R"({"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"total_tokens":5},"system_fingerprint":"fp"})",
      true);
  const std::string head =
      R"(data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","system_fingerprint":"fp","choices":[)";
  EXPECT_EQ(
      stream,
      head +
          R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null})"
          "\n\n" +
          head +
          R"({"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null})"
          "\n\n" +
          head + R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null})" +
          "\n\n" + head + R"(],"usage":{"total_tokens":5}})" + "\n\ndata: [DONE]\n\n");
}

TEST(UnfoldChatTest, TellsTheUsageOnlyToThoseWhoAsked) {
  const std::string_view object = objects()[0].object;
  const auto with = unfold(Operation::kChat, object, true);
  const auto without = unfold(Operation::kChat, object, false);
  ASSERT_TRUE(with && without);
  EXPECT_FALSE(without->contains("usage"));
  EXPECT_TRUE(with->contains(R"("usage":{"prompt_tokens":3)"));
}

TEST(UnfoldChatTest, GivesUpOnWhatAStreamCannotSay) {
  const auto object = [](std::string_view top, std::string_view choice, std::string_view message) {
    return R"({"id":"c1","object":"chat.completion","created":7,"model":"m",)" + std::string(top) +
           R"("choices":[{"index":0,"finish_reason":"stop",)" + std::string(choice) +
           R"("message":{"role":"assistant",)" + std::string(message) + R"("content":"a"}}]})";
  };
  ASSERT_TRUE(unfold(Operation::kChat, object("", "", ""), false));
  ASSERT_TRUE(unfold(Operation::kChat, object(R"("kv_transfer_params":null,)", "", ""), false));
  for (
      const std::string& bad : {
          object(R"("new_field":1,)", "", ""),
          object(R"("new_field":null,)", "", ""),
          object(R"("kv_transfer_params":{},)", "", ""),
          object(R"("model":"twice",)", "", ""),
          object("", R"("content_filter_results":{},)", ""),
          object("", R"("logprobs":[],)", ""),
          object("", R"("logprobs":{"new_field":[]},)", ""),
          object("", "", R"("audio":{"id":"a"},)"),
          object("", "", R"("new_field":"x",)"),
          object("", "", R"("refusal":7,)"),
          object("", "", R"("tool_calls":[{"id":"c"}],)"),
          object("", "", R"("tool_calls":[{"id":"c","type":"custom","custom":{"name":"n"}}],)"),
          object("", "",
                 R"("tool_calls":[{"type":"function","function":{"name":"f","arguments":""}}],)"),
          object("", "", R"("function_call":{"name":"f"},)"),
          std::string(R"({"id":"c1","object":"chat.completion","model":"m","choices":[]})"),
          std::string(R"({"id":"c1","object":"chat.completion","model":"m"})"),
          std::string(
              R"({"id":"c1","model":"m","choices":[{"index":0,"finish_reason":null,"message":{}}]})"),
          std::string(
              R"({"id":"c1","model":"m","choices":[{"index":1,"finish_reason":"stop","message":{}}]})"),
          std::string(R"({"error":{"message":"x"}})"),
          std::string("[]"),
          std::string("{"),
          std::string(),
      }) {
    EXPECT_FALSE(unfold(Operation::kChat, bad, false)) << bad;
  }
  EXPECT_FALSE(unfold(Operation::kCompletions, object("", "", ""), false));
}

TEST(UnfoldMessagesTest, TellsTheEventsInTheirOrder) {
  const auto stream = unfold(
      Operation::kMessages,
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"t","name":"n","input":{"a":"\n"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":5,"service_tier":"standard"}})",
      false);
  EXPECT_EQ(stream,
            R"(event: message_start
data: {"type":"message_start","message":{"type":"message","id":"msg_1","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"output_tokens":0,"input_tokens":2,"service_tier":"standard"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":\"\\n\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5,"input_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

)");
}

TEST(UnfoldMessagesTest, GivesUpOnWhatAStreamCannotSay) {
  const auto object = [](std::string_view top, std::string_view block, std::string_view usage) {
    return R"({"id":"m","type":"message","role":"assistant","model":"c",)" + std::string(top) +
           R"("content":[)" + std::string(block) +
           R"(],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1)" +
           std::string(usage) + "}}";
  };
  constexpr std::string_view kOutput = R"(,"output_tokens":2)";
  constexpr std::string_view kText = R"({"type":"text","text":"a"})";
  ASSERT_TRUE(unfold(Operation::kMessages, object("", kText, kOutput), false));
  for (const std::string& bad : {
           object(R"("new_field":1,)", kText, kOutput),
           object("", kText, ""),
           object("", kText, R"(,"output_tokens":2,"new_field":3)"),
           object("", R"({"type":"web_search_tool_result","content":[]})", kOutput),
           object("", R"({"type":"text","text":"a","new_field":1})", kOutput),
           object("", R"({"type":"text"})", kOutput),
           object("", R"({"type":"tool_use","id":"t","name":"n","input":"x"})", kOutput),
           object("", R"({"type":"tool_use","id":"t","name":"n"})", kOutput),
           object("", R"("text")", kOutput),
           object("", R"({"text":"a"})", kOutput),
           std::string(R"({"type":"error","error":{"type":"api_error"}})"),
           std::string("{}"),
           std::string("null"),
       }) {
    EXPECT_FALSE(unfold(Operation::kMessages, bad, false)) << bad;
  }
}

}  // namespace
}  // namespace penstock::dialect

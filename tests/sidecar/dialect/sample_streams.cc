#include "tests/sidecar/dialect/sample_streams.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

namespace penstock::dialect::samples {
namespace {

using domain::Operation;

std::string data(std::initializer_list<std::string_view> blocks) {
  std::string stream;
  for (const std::string_view block : blocks) {
    stream.append("data: ").append(block).append("\n\n");
  }
  return stream;
}

// Each block is `type` and JSON without its type member.
std::string named_events(
    std::initializer_list<std::pair<std::string_view, std::string_view>> blocks) {
  std::string stream;
  for (const auto& [type, rest] : blocks) {
    stream.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
    stream.append(rest).append("}\n\n");
  }
  return stream;
}

constexpr std::string_view kRole =
    R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null})";
constexpr std::string_view kHello =
    R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024","service_tier":"default","choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"xyz"})";
constexpr std::string_view kStop =
    R"({"id":"c1","model":"gpt-4o-2024","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})";
constexpr std::string_view kUsage =
    R"({"id":"c1","model":"gpt-4o-2024","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":2},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":1}}})";
constexpr std::string_view kDone = "[DONE]";

// 20 prompt tokens of which 4 cached: 16 uncached.
constexpr domain::TokenUsage kOpenAiUsage{.input_uncached = 16,
                                          .cache_read = 4,
                                          .input_audio = 2,
                                          .output = 7,
                                          .reasoning = 3,
                                          .output_audio = 1};

std::vector<Stream> chat_streams() {
  return {
      {"chat", Operation::kChat, data({kRole, kHello, kStop, kUsage, kDone}), Ending::kComplete,
       true, kOpenAiUsage, "gpt-4o-2024", 1, 5},
      {"chat_cut_before_usage",
       Operation::kChat,
       data({kRole, kHello}),
       Ending::kNone,
       false,
       {},
       "gpt-4o-2024",
       1,
       5},
      {"chat_without_done", Operation::kChat, data({kRole, kHello, kStop, kUsage}), Ending::kNone,
       true, kOpenAiUsage, "gpt-4o-2024", 1, 5},
      {"chat_done_without_reason",
       Operation::kChat,
       data({kRole, kHello, kDone}),
       Ending::kIncomplete,
       false,
       {},
       "gpt-4o-2024",
       1,
       5},
      {"chat_usage_with_choices_null",
       Operation::kChat,
       data({kHello, kStop, R"({"choices":null,"usage":{"prompt_tokens":3,"completion_tokens":2}})",
             kDone}),
       Ending::kComplete,
       true,
       {.input_uncached = 3, .output = 2},
       "gpt-4o-2024",
       1,
       5},
      {"chat_usage_with_choices_absent",
       Operation::kChat,
       data({kHello, kStop, R"({"usage":{"prompt_tokens":3,"completion_tokens":2}})", kDone}),
       Ending::kComplete,
       true,
       {.input_uncached = 3, .output = 2},
       "gpt-4o-2024",
       1,
       5},
      // vLLM's continuous statistics: running totals, the last of which counts.
      {"chat_running_totals",
       Operation::kChat,
       data(
           {R"({"model":"m","choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":9,"total_tokens":10,"completion_tokens":1}})",
            R"({"model":"m","choices":[{"index":0,"delta":{"content":"bc"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}})",
            R"({"model":"m","choices":[],"usage":{"prompt_tokens":9,"total_tokens":11,"completion_tokens":2}})",
            kDone}),
       Ending::kComplete,
       true,
       {.input_uncached = 9, .output = 2},
       "m",
       2,
       3},
  };
}

std::vector<Stream> more_chat_streams() {
  return {
      {"chat_tools_in_pieces",
       Operation::kChat,
       data(
           {R"({"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get","arguments":""}}]},"finish_reason":null}]})",
            R"({"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a"}}]},"finish_reason":null}]})",
            R"({"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]},"finish_reason":null}]})",
            R"({"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})",
            kDone}),
       // "get" is 3, `{\"a` 4 and `\":1}` 5 bytes as spelled.
       Ending::kComplete,
       false,
       {},
       "m",
       3,
       12},
      {"chat_two_choices_one_cut_by_length",
       Operation::kChat,
       data(
           {R"({"model":"m","choices":[{"index":1,"delta":{"content":"B"},"logprobs":{"content":[{"token":"B","logprob":-0.1}]}}]})",
            R"({"model":"m","choices":[{"index":0,"delta":{"content":"A"}}]})",
            R"({"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
            R"({"model":"m","choices":[{"index":1,"delta":{},"finish_reason":"length"}]})", kDone}),
       Ending::kTruncated,
       false,
       {},
       "m",
       2,
       2},
      {"chat_reasoning_and_refusal",
       Operation::kChat,
       data({R"({"model":"m","choices":[{"index":0,"delta":{"reasoning_content":"hmm"}}]})",
             R"({"model":"m","choices":[{"index":0,"delta":{"refusal":"no"}}]})",
             R"({"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]})",
             kDone}),
       Ending::kContentFiltered,
       false,
       {},
       "m",
       2,
       5},
      {"chat_error_inside",
       Operation::kChat,
       data({kRole, kHello, R"({"error":{"message":"boom","type":"server_error","code":null}})",
             kDone}),
       Ending::kErrorInStream,
       false,
       {},
       "gpt-4o-2024",
       1,
       5},
      {"completions",
       Operation::kCompletions,
       data(
           {R"({"id":"x","model":"babbage","choices":[{"text":"ab","index":0,"finish_reason":null}]})",
            R"({"id":"x","model":"babbage","choices":[{"text":"","index":0,"finish_reason":"length"}]})",
            R"({"id":"x","model":"babbage","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}})",
            kDone}),
       Ending::kTruncated,
       true,
       {.input_uncached = 5, .output = 1},
       "babbage",
       1,
       2},
  };
}

constexpr std::string_view kCreated =
    R"(,"sequence_number":0,"response":{"id":"r","status":"in_progress","model":"gpt-5","usage":null,"error":null,"incomplete_details":null,"tools":[{"usage":{"input_tokens":999}}]})";
constexpr std::string_view kTextDelta =
    R"(,"sequence_number":1,"item_id":"i","output_index":0,"delta":"Hi you","obfuscation":"pad")";

std::vector<Stream> responses_streams() {
  // 30 input tokens of which 10 cached: 20 uncached.
  constexpr domain::TokenUsage kUsed{
      .input_uncached = 20, .cache_read = 10, .output = 8, .reasoning = 5};
  constexpr std::string_view kUsageMember =
      R"("usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":10},"output_tokens":8,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":38})";
  const auto response = [&](std::string_view status, std::string_view more) {
    std::string text = R"(,"sequence_number":2,"response":{"id":"r","model":"gpt-5-2025",)";
    text.append(R"("status":")").append(status).append("\",").append(more).append(kUsageMember);
    return text + "}";
  };
  const std::string completed = response(
      "completed",
      R"("error":null,"incomplete_details":null,"output":[{"content":[{"text":"Hi you"}]}],)");
  const std::string incomplete = response(
      "incomplete", R"("error":null,"incomplete_details":{"reason":"max_output_tokens"},)");
  const std::string failed = response(
      "failed", R"("error":{"code":"server_error","message":"x"},"incomplete_details":null,)");
  return {
      {"responses", Operation::kResponses,
       named_events({{"response.created", kCreated},
                     {"response.output_text.delta", kTextDelta},
                     {"response.new_kind.of_event", R"(,"x":1)"},
                     {"response.completed", completed}}),
       Ending::kComplete, true, kUsed, "gpt-5-2025", 1, 6},
      {"responses_incomplete", Operation::kResponses,
       named_events({{"response.created", kCreated},
                     {"response.output_text.delta", kTextDelta},
                     {"response.incomplete", incomplete}}),
       Ending::kTruncated, true, kUsed, "gpt-5-2025", 1, 6},
      {"responses_failed", Operation::kResponses,
       named_events({{"response.created", kCreated}, {"response.failed", failed}}), Ending::kFailed,
       true, kUsed, "gpt-5-2025", 0, 0},
      {"responses_error",
       Operation::kResponses,
       named_events(
           {{"response.created", kCreated},
            {"error", R"(,"sequence_number":1,"code":"server_error","message":"x","param":null)"}}),
       Ending::kErrorInStream,
       false,
       {},
       "gpt-5",
       0,
       0},
      {"responses_cut",
       Operation::kResponses,
       named_events({{"response.created", kCreated}, {"response.output_text.delta", kTextDelta}}),
       Ending::kNone,
       false,
       {},
       "gpt-5",
       1,
       6},
  };
}

constexpr std::string_view kMessageStart =
    R"(,"message":{"id":"m1","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":300,"cache_read_input_tokens":50,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":1,"service_tier":"standard"}})";
constexpr std::string_view kTextStart = R"(,"index":0,"content_block":{"type":"text","text":""})";
constexpr std::string_view kText = R"(,"index":0,"delta":{"type":"text_delta","text":"Hey"})";
constexpr std::string_view kStopDelta =
    R"(,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15})";

std::vector<Stream> messages_streams() {
  domain::TokenUsage used{.input_uncached = 12,
                          .cache_read = 50,
                          .cache_write_5m = 100,
                          .cache_write_1h = 200,
                          .output = 15};
  domain::TokenUsage started = used;
  started.output = 1;
  return {
      {"messages", Operation::kMessages,
       named_events(
           {{"message_start", kMessageStart},
            {"ping", ""},
            {"content_block_start",
             R"(,"index":0,"content_block":{"type":"thinking","thinking":"","signature":""})"},
            {"content_block_delta",
             R"(,"index":0,"delta":{"type":"thinking_delta","thinking":"Hm"})"},
            {"content_block_delta",
             R"(,"index":0,"delta":{"type":"signature_delta","signature":"c2ln"})"},
            {"content_block_stop", R"(,"index":0)"},
            {"content_block_start", kTextStart},
            {"content_block_delta", kText},
            {"content_block_stop", R"(,"index":1)"},
            {"message_delta", R"(,"delta":{"stop_reason":null},"usage":{"output_tokens":9})"},
            {"message_delta", kStopDelta},
            {"message_stop", ""}}),
       Ending::kComplete, true, used, "claude-x", 2, 5},
      // The closing delta repeats the input: replaced, not added.
      {"messages_repeated_input",
       Operation::kMessages,
       named_events(
           {{"message_start",
             R"(,"message":{"model":"claude-x","usage":{"input_tokens":12,"cache_creation_input_tokens":8,"cache_read_input_tokens":0,"output_tokens":1}})"},
            {"content_block_delta", kText},
            {"message_delta",
             R"(,"delta":{"stop_reason":"max_tokens"},"usage":{"input_tokens":12,"cache_creation_input_tokens":8,"cache_read_input_tokens":5,"output_tokens":20})"},
            {"message_stop", ""}}),
       Ending::kTruncated,
       true,
       {.input_uncached = 12, .cache_read = 5, .cache_write_5m = 8, .output = 20},
       "claude-x",
       1,
       3},
      {"messages_tool", Operation::kMessages,
       named_events(
           {{"message_start", kMessageStart},
            {"content_block_start",
             R"(,"index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"get","input":{}})"},
            {"content_block_delta",
             R"(,"index":0,"delta":{"type":"input_json_delta","partial_json":"{}"})"},
            {"message_delta",
             R"(,"delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":15})"},
            {"message_stop", ""}}),
       Ending::kComplete, true, used, "claude-x", 2, 5},
      {"messages_refused", Operation::kMessages,
       named_events(
           {{"message_start", kMessageStart},
            {"message_delta", R"(,"delta":{"stop_reason":"refusal"},"usage":{"output_tokens":15})"},
            {"message_stop", ""}}),
       Ending::kContentFiltered, true, used, "claude-x", 0, 0},
      {"messages_cut", Operation::kMessages,
       named_events({{"message_start", kMessageStart}, {"content_block_delta", kText}}),
       Ending::kNone, true, started, "claude-x", 1, 3},
      {"messages_error", Operation::kMessages,
       named_events({{"message_start", kMessageStart},
                     {"content_block_delta", kText},
                     {"error", R"(,"error":{"type":"overloaded_error","message":"Overloaded"})"}}),
       Ending::kErrorInStream, true, started, "claude-x", 1, 3},
  };
}

}  // namespace

const std::vector<Stream>& all() {
  static const std::vector<Stream> kAll = [] {
    std::vector<Stream> streams = chat_streams();
    for (auto* const make : {&more_chat_streams, &responses_streams, &messages_streams}) {
      std::ranges::move(make(), std::back_inserter(streams));
    }
    return streams;
  }();
  return kAll;
}

const Stream& named(std::string_view name) {
  const auto found = std::ranges::find(
      all(), name, [](const Stream& each) { return std::string_view(each.name); });
  if (found == all().end()) {
    std::abort();
  }
  return *found;
}

std::string with_line_end(std::string_view bytes, std::string_view line_end) {
  std::string out;
  for (const char c : bytes) {
    if (c == '\n') {
      out.append(line_end);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string without_space(std::string_view bytes) {
  std::string out(bytes);
  for (const std::string_view field : {"data: ", "event: "}) {
    for (std::size_t at = out.find(field); at != std::string::npos; at = out.find(field, at + 1)) {
      if (at == 0 || out[at - 1] == '\n') {
        out.erase(at + field.size() - 1, 1);
      }
    }
  }
  return out;
}

}  // namespace penstock::dialect::samples

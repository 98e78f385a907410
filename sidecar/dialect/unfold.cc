#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/dialect/fold.h"
#include "sidecar/dialect/fold_messages.h"
#include "sidecar/dialect/fold_tables_openai.h"
#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/unfold_json.h"
#include "sidecar/dialect/unfold_responses.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

using domain::JsonTree;
using domain::JsonType;
using domain::JsonValue;
using domain::Operation;

namespace {

// Writes the chunks of one object. All begin with the same members and hold one choice.
class Chunks {
 public:
  Chunks(const JsonValue& object, std::span<const FoldRule> rules, bool include_usage)
      : tail_(include_usage ? "],\"usage\":null}\n\n" : "]}\n\n") {
    head_ = "data: {";
    for (const FoldRule& rule : rules) {
      if (rule.merge == Merge::kFixed) {
        add_to_head(rule.key, "\"" + std::string(rule.expects) + "\"");
      } else if ((rule.merge == Merge::kFirst || rule.merge == Merge::kLast) &&
                 rule.key != "usage" && object.find(rule.key)) {
        add_to_head(rule.key, raw_member(object, rule.key));
      }
    }
    head_ += "\"choices\":[";
  }

  // Opens a chunk with one choice; its members, without `index`, follow.
  std::string& open(std::size_t choice) {
    out_ += head_;
    out_ += "{\"index\":";
    out_ += std::to_string(choice);
    out_ += ',';
    return out_;
  }
  // Closes the choice: what it says of its end, by default nothing.
  void close(std::string_view logprobs = "null", std::string_view finish_reason = "null",
             std::string_view stop_reason = {}) {
    out_ += ",\"logprobs\":";
    append_json(out_, logprobs);
    out_ += ",\"finish_reason\":";
    append_json(out_, finish_reason);
    if (!stop_reason.empty()) {
      out_ += ",\"stop_reason\":";
      append_json(out_, stop_reason);
    }
    out_ += '}';
    out_ += tail_;
  }

  void usage(std::string_view usage) {
    out_ += head_;
    out_ += "],\"usage\":";
    append_json(out_, usage);
    out_ += "}\n\n";
  }

  std::string take() {
    out_ += "data: [DONE]\n\n";
    return std::move(out_);
  }

 private:
  void add_to_head(std::string_view key, std::string_view value) {
    head_.append("\"").append(key).append("\":");
    append_json(head_, value);
    head_ += ',';
  }

  std::string head_;
  std::string_view tail_;
  std::string out_;
};

bool is_text(const JsonValue& value) {
  return value.is(JsonType::kString) && !value.text().empty();
}

// A string that begins as "" in the first chunk and is added to later; anything else as it is.
std::string_view first_piece(const std::optional<JsonValue>& value) {
  return value && value->is(JsonType::kString) ? std::string_view("\"\"") : "null";
}

// The role, and what has no piece of its own.
void write_first_chunk(Chunks& chunks, std::size_t choice, const JsonValue& message) {
  std::string& out = chunks.open(choice);
  out += "\"delta\":{\"role\":";
  out += has_member(message, "role") ? raw_member(message, "role") : "\"assistant\"";
  out += ",\"content\":";
  out += first_piece(message.find("content"));
  for (const std::string_view key : {"refusal", "reasoning_content", "reasoning"}) {
    const auto value = message.find(key);
    if (value && !is_text(*value)) {
      out.append(",\"").append(key).append("\":").append(value->raw());
    }
  }
  if (has_member(message, "annotations")) {
    out += ",\"annotations\":";
    append_json(out, raw_member(message, "annotations"));
  }
  const auto calls = message.find("tool_calls");
  out += calls && calls->is(JsonType::kArray) && calls->size() == 0 ? ",\"tool_calls\":[]}" : "}";
  chunks.close();
}

// Texts in one piece each. The log probabilities are those of the content or the refusal.
void write_texts(Chunks& chunks, std::size_t choice, const JsonValue& message,
                 std::string_view logprobs) {
  for (const std::string_view key : {"reasoning_content", "reasoning", "content", "refusal"}) {
    const auto value = message.find(key);
    if (!value || !is_text(*value)) {
      continue;
    }
    std::string& out = chunks.open(choice);
    out.append("\"delta\":{\"").append(key).append("\":").append(value->raw()).append("}");
    const bool has_logprobs = key == "content" || key == "refusal";
    chunks.close(has_logprobs ? logprobs : "null");
    logprobs = has_logprobs ? "null" : logprobs;
  }
  if (logprobs != "null") {
    chunks.open(choice) += "\"delta\":{}";
    chunks.close(logprobs);
  }
}

// A function's name, then its arguments. `before` and `after` enclose {"name":…,"arguments":…};
// `again` stands before the second one.
bool write_function(Chunks& chunks, std::size_t choice, const JsonValue& function,
                    std::string_view before, std::string_view again, std::string_view after) {
  const auto name = function.find("name");
  const auto arguments = function.find("arguments");
  if (!name || !name->is(JsonType::kString) || !arguments || !arguments->is(JsonType::kString)) {
    return false;
  }
  std::string& out = chunks.open(choice);
  out.append("\"delta\":{").append(before);
  out.append("{\"name\":").append(name->raw()).append(",\"arguments\":\"\"}").append(after);
  chunks.close();
  if (!arguments->text().empty()) {
    chunks.open(choice).append("\"delta\":{").append(again).append("{\"arguments\":");
    out.append(arguments->raw()).append("}").append(after);
    chunks.close();
  }
  return true;
}

bool write_tool_calls(Chunks& chunks, std::size_t choice, const JsonValue& calls) {
  std::size_t index = 0;
  return calls.each_element([&](const JsonValue& call) {
    const auto function = call.find("function");
    const auto type = call.find("type");
    if (!has_member(call, "id") || !function || has_member(call, "custom") || !type ||
        type->text() != "function") {
      return false;
    }
    const std::string at = "\"tool_calls\":[{\"index\":" + std::to_string(index++) + ",";
    std::string before = at + "\"id\":";
    before.append(raw_member(call, "id")).append(",\"type\":\"function\",\"function\":");
    const std::string again = at + "\"function\":";
    return write_function(chunks, choice, *function, before, again, "}]}");
  });
}

bool write_chat_choice(Chunks& chunks, std::size_t index, const JsonValue& choice) {
  const auto message = choice.find("message");
  if (!message || !message->is(JsonType::kObject)) {
    return false;
  }
  write_first_chunk(chunks, index, *message);
  write_texts(chunks, index, *message, raw_member(choice, "logprobs"));
  const auto calls = message->find("tool_calls");
  if (calls && !write_tool_calls(chunks, index, *calls)) {
    return false;
  }
  constexpr std::string_view kFunctionCall = "\"function_call\":";
  const auto function = message->find("function_call");
  if (function && !function->is(JsonType::kNull) &&
      !write_function(chunks, index, *function, kFunctionCall, kFunctionCall, "}")) {
    return false;
  }
  chunks.open(index) += "\"delta\":{}";
  return true;
}

bool write_text_choice(Chunks& chunks, std::size_t index, const JsonValue& choice) {
  const auto text = choice.find("text");
  if (!text || !text->is(JsonType::kString)) {
    return false;
  }
  chunks.open(index).append("\"text\":").append(text->raw());
  chunks.close(raw_member(choice, "logprobs"));
  chunks.open(index) += "\"text\":\"\"";
  return true;
}

// Writes a choice's pieces and opens its last chunk.
using WriteChoice = bool (*)(Chunks& chunks, std::size_t index, const JsonValue& choice);

std::optional<std::string> unfold_choices(const JsonValue& object, std::span<const FoldRule> rules,
                                          bool include_usage, WriteChoice write) {
  const auto choices = object.find("choices");
  if (!could_be_folded(object, rules) || !choices || choices->size() == 0 ||
      !has_member(object, "id") || !has_member(object, "model")) {
    return std::nullopt;
  }
  Chunks chunks(object, rules, include_usage);
  std::size_t index = 0;
  const bool written = choices->each_element([&](const JsonValue& choice) {
    // The SDKs take a choice that is new for the next one.
    const bool in_order = raw_member(choice, "index") == std::to_string(index);
    if (!in_order || !has_member(choice, "finish_reason") || !write(chunks, index, choice)) {
      return false;
    }
    const auto stop_reason = choice.find("stop_reason");
    chunks.close("null", raw_member(choice, "finish_reason"),
                 stop_reason ? stop_reason->raw() : std::string_view{});
    ++index;
    return true;
  });
  if (!written) {
    return std::nullopt;
  }
  if (include_usage && has_member(object, "usage")) {
    chunks.usage(raw_member(object, "usage"));
  }
  return chunks.take();
}

}  // namespace

std::optional<std::string> unfold(Operation operation, std::string_view object,
                                  bool include_usage) {
  if (operation == Operation::kMessages) {
    return unfold_messages(object);
  }
  if (operation == Operation::kResponses) {
    return unfold_responses(object);
  }
  JsonTree tree;
  if ((operation != Operation::kChat && operation != Operation::kCompletions) ||
      tree.parse(object)) {
    return std::nullopt;
  }
  return operation == Operation::kChat
             ? unfold_choices(tree.root(), tables::kChat, include_usage, &write_chat_choice)
             : unfold_choices(tree.root(), tables::kCompletion, include_usage, &write_text_choice);
}

}  // namespace penstock::dialect

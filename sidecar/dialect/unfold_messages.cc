#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/dialect/fold_messages.h"
#include "sidecar/dialect/fold_tables_messages.h"
#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/unfold_json.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

using domain::JsonTree;
using domain::JsonType;
using domain::JsonValue;

namespace {

using Keys = std::span<const std::string_view>;

// Where the members of the usage are told: in the first event, in the last, or in both.
constexpr std::array<std::string_view, 8> kUsageAtStart{"input_tokens",
                                                        "cache_creation_input_tokens",
                                                        "cache_read_input_tokens",
                                                        "cache_creation",
                                                        "server_tool_use",
                                                        "service_tier",
                                                        "inference_geo",
                                                        "speed"};
constexpr std::array<std::string_view, 6> kUsageAtEnd{"input_tokens",
                                                      "cache_creation_input_tokens",
                                                      "cache_read_input_tokens",
                                                      "output_tokens_details",
                                                      "server_tool_use",
                                                      "iterations"};

// Those of `keys` that the object has, each after a comma.
void append_members(std::string& out, const JsonValue& object, Keys keys, bool nulls_too) {
  for (const std::string_view key : keys) {
    const auto value = object.find(key);
    if (value && (nulls_too || !value->is(JsonType::kNull))) {
      append_member(out, key, value->raw());
    }
  }
}

class Events {
 public:
  std::string& open(std::string_view type) {
    out_.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
    return out_;
  }
  std::string& open(std::string_view type, std::size_t index) {
    return open(type).append(",\"index\":").append(std::to_string(index));
  }
  void close() { out_ += "}\n\n"; }

  // A delta with one member.
  void delta(std::size_t index, std::string_view type, std::string_view key, std::string_view raw) {
    std::string& out = open("content_block_delta", index);
    out.append(",\"delta\":{\"type\":\"").append(type).append("\"");
    append_member(out, key, raw);
    out += '}';
    close();
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void write_start(Events& events, const JsonValue& message, const JsonValue& usage) {
  std::string& out = events.open("message_start");
  out += ",\"message\":{\"type\":\"message\"";
  append_members(out, message, std::array<std::string_view, 3>{"id", "role", "model"}, true);
  out += ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null";
  if (message.find("stop_details")) {
    out += ",\"stop_details\":null";
  }
  append_members(out, message, std::array<std::string_view, 2>{"container", "diagnostics"}, true);
  // A client that adds the counts of both events gets the right sum of output all the same.
  out += ",\"usage\":{\"output_tokens\":0";
  append_members(out, usage, kUsageAtStart, true);
  out += "}}";
  events.close();
}

void write_end(Events& events, const JsonValue& message, const JsonValue& usage) {
  std::string& out = events.open("message_delta");
  out += ",\"delta\":{\"stop_reason\":";
  append_json(out, raw_member(message, "stop_reason"));
  append_member(out, "stop_sequence", raw_member(message, "stop_sequence"));
  append_members(out, message, std::array<std::string_view, 1>{"stop_details"}, true);
  out += "},\"usage\":{\"output_tokens\":";
  append_json(out, raw_member(usage, "output_tokens"));
  append_members(out, usage, kUsageAtEnd, false);
  out += '}';
  append_members(out, message, std::array<std::string_view, 1>{"context_management"}, true);
  events.close();
  events.open("message_stop");
  events.close();
}

void write_text(Events& events, std::size_t index, const JsonValue& block) {
  const auto citations = block.find("citations");
  std::string& out = events.open("content_block_start", index);
  out += ",\"content_block\":{\"type\":\"text\",\"text\":\"\"";
  if (citations) {
    out += citations->is(JsonType::kArray) ? ",\"citations\":[]" : ",\"citations\":null";
  }
  out += '}';
  events.close();
  const auto text = block.find("text");
  if (text && !text->text().empty()) {
    events.delta(index, "text_delta", "text", text->raw());
  }
  if (citations) {
    citations->each_element([&](const JsonValue& citation) {
      events.delta(index, "citations_delta", "citation", citation.raw());
      return true;
    });
  }
}

void write_thinking(Events& events, std::size_t index, const JsonValue& block) {
  events.open("content_block_start", index) +=
      ",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}";
  events.close();
  const auto thinking = block.find("thinking");
  if (thinking && !thinking->text().empty()) {
    events.delta(index, "thinking_delta", "thinking", thinking->raw());
  }
  const auto signature = block.find("signature");
  if (signature && !signature->text().empty()) {
    events.delta(index, "signature_delta", "signature", signature->raw());
  }
}

void write_tool_use(Events& events, std::size_t index, const JsonValue& block) {
  std::string& out = events.open("content_block_start", index);
  out += ",\"content_block\":{\"type\":";
  out += raw_member(block, "type");
  append_members(out, block,
                 std::array<std::string_view, 4>{"id", "name", "caller", "toolset_name"}, true);
  out += ",\"input\":{}}";
  events.close();
  std::string input = "\"";
  append_escaped(input, raw_member(block, "input"));
  input += '"';
  events.delta(index, "input_json_delta", "partial_json", input);
}

void write_whole(Events& events, std::size_t index, const JsonValue& block) {
  std::string& out = events.open("content_block_start", index);
  append_member(out, "content_block", block.raw());
  events.close();
}

struct BlockType {
  std::string_view name;
  std::span<const FoldRule> rules;
  std::string_view required;  // the member that the stream is made of
  JsonType type;
  void (*write)(Events& events, std::size_t index, const JsonValue& block);
};

constexpr std::array<BlockType, 5> kBlockTypes{{
    {"text", tables::kTextBlock, "text", JsonType::kString, &write_text},
    {"thinking", tables::kThinkingBlock, "thinking", JsonType::kString, &write_thinking},
    {"redacted_thinking", tables::kRedactedThinkingBlock, "data", JsonType::kString, &write_whole},
    {"tool_use", tables::kToolUseBlock, "input", JsonType::kObject, &write_tool_use},
    {"server_tool_use", tables::kToolUseBlock, "input", JsonType::kObject, &write_tool_use},
}};

bool write_block(Events& events, std::size_t index, const JsonValue& block) {
  const auto name = block.find("type");
  if (!name || !name->is(JsonType::kString)) {
    return false;
  }
  const auto* const type = std::ranges::find(kBlockTypes, name->text(), &BlockType::name);
  if (type == kBlockTypes.end() || !could_be_folded(block, type->rules)) {
    return false;
  }
  const auto content = block.find(type->required);
  if (!content || !content->is(type->type)) {
    return false;
  }
  type->write(events, index, block);
  events.open("content_block_stop", index);
  events.close();
  return true;
}

bool has_all(const JsonValue& object, Keys keys) {
  return std::ranges::all_of(keys,
                             [&object](std::string_view key) { return has_member(object, key); });
}

}  // namespace

std::optional<std::string> unfold_messages(std::string_view object) {
  constexpr std::array<std::string_view, 4> kRequired{"id", "model", "role", "stop_reason"};
  JsonTree tree;
  if (tree.parse(object) || !could_be_folded(tree.root(), tables::kMessage) ||
      !has_all(tree.root(), kRequired)) {
    return std::nullopt;
  }
  const JsonValue message = tree.root();
  const auto usage = message.find("usage");
  const auto content = message.find("content");
  if (!usage || !has_member(*usage, "output_tokens") || !content ||
      !content->is(JsonType::kArray)) {
    return std::nullopt;
  }
  Events events;
  write_start(events, message, *usage);
  std::size_t index = 0;
  const bool written = content->each_element(
      [&](const JsonValue& block) { return write_block(events, index++, block); });
  if (!written) {
    return std::nullopt;
  }
  write_end(events, message, *usage);
  return events.take();
}

}  // namespace penstock::dialect

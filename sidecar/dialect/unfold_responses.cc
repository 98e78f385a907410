#include "sidecar/dialect/unfold_responses.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/responses_events.h"
#include "sidecar/dialect/responses_parts.h"
#include "sidecar/dialect/unfold_json.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

using domain::JsonTree;
using domain::JsonType;
using domain::JsonValue;

namespace {

void write_lifecycle(ResponsesEvents& events, std::string_view type, const JsonValue& response) {
  constexpr std::array<Replaced, 4> kAtStart{{{"status", "\"in_progress\""},
                                              {"output", "[]"},
                                              {"usage", "null"},
                                              {"completed_at", "null"}}};
  std::string& out = events.open(type);
  out += ",\"response\":";
  append_object(out, response, kAtStart);
  events.close();
}

bool write_message(ResponsesEvents& events, const JsonValue& item) {
  return is_a(item, "content", JsonType::kArray) && write_message_parts(events, item);
}

bool write_function_call(ResponsesEvents& events, const JsonValue& item) {
  if (!is_a(item, "name", JsonType::kString) || !is_a(item, "arguments", JsonType::kString)) {
    return false;
  }
  write_item_text(events, "function_call_arguments", "arguments", item);
  return true;
}

bool write_custom_tool_call(ResponsesEvents& events, const JsonValue& item) {
  if (!is_a(item, "name", JsonType::kString) || !is_a(item, "input", JsonType::kString)) {
    return false;
  }
  write_item_text(events, "custom_tool_call_input", "input", item);
  return true;
}

constexpr std::array<std::string_view, 6> kMessageMembers{"id",   "type",    "status",
                                                          "role", "content", "phase"};
constexpr std::array<std::string_view, 7> kFunctionCallMembers{
    "id", "type", "status", "call_id", "name", "arguments", "namespace"};
constexpr std::array<std::string_view, 7> kCustomToolCallMembers{
    "id", "type", "status", "call_id", "name", "input", "namespace"};
constexpr std::array<std::string_view, 6> kReasoningMembers{
    "id", "type", "status", "summary", "content", "encrypted_content"};

struct ItemType {
  std::string_view name;
  Names members;
  std::array<Replaced, 3> at_start;
  bool (*write)(ResponsesEvents& events, const JsonValue& item);
};

constexpr Replaced kInProgress{"status", "\"in_progress\""};

constexpr std::array<ItemType, 4> kItemTypes{{
    {"message", kMessageMembers, {{kInProgress, {"content", "[]"}, {}}}, &write_message},
    {"reasoning",
     kReasoningMembers,
     {{kInProgress, {"summary", "[]"}, {"content", "[]"}}},
     &write_reasoning_parts},
    {"function_call",
     kFunctionCallMembers,
     {{kInProgress, {"arguments", "\"\""}, {}}},
     &write_function_call},
    {"custom_tool_call",
     kCustomToolCallMembers,
     {{kInProgress, {"input", "\"\""}, {}}},
     &write_custom_tool_call},
}};

bool write_item(ResponsesEvents& events, std::size_t index, const JsonValue& item) {
  const auto* const type = std::ranges::find(kItemTypes, text_of(item, "type"), &ItemType::name);
  if (type == kItemTypes.end() || !has_only(item, type->members) ||
      !is_a(item, "id", JsonType::kString) || !is_at_most_a(item, "status", JsonType::kString)) {
    return false;
  }
  events.begin_item(index, raw_member(item, "id"));
  const auto open = [&](std::string_view name) -> std::string& {
    return events.open(name).append(",\"output_index\":").append(std::to_string(index));
  };
  std::string& out = open("response.output_item.added");
  out += ",\"item\":";
  append_object(out, item, type->at_start);
  events.close();
  if (!type->write(events, item)) {
    return false;
  }
  append_member(open("response.output_item.done"), "item", item.raw());
  events.close();
  return true;
}

}  // namespace

std::optional<std::string> unfold_responses(std::string_view object) {
  JsonTree tree;
  if (tree.parse(object)) {
    return std::nullopt;
  }
  const JsonValue response = tree.root();
  const auto output = response.find("output");
  if (text_of(response, "status") != "completed" || text_of(response, "id").empty() || !output ||
      !output->is(JsonType::kArray) || has_member(response, "error") ||
      has_member(response, "incomplete_details")) {
    return std::nullopt;
  }
  ResponsesEvents events;
  write_lifecycle(events, "response.created", response);
  write_lifecycle(events, "response.in_progress", response);
  std::size_t index = 0;
  const bool written = output->each_element(
      [&](const JsonValue& item) { return write_item(events, index++, item); });
  if (!written) {
    return std::nullopt;
  }
  append_member(events.open("response.completed"), "response", response.raw());
  events.close();
  return events.take();
}

}  // namespace penstock::dialect

#include "sidecar/dialect/responses_parts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/unfold_json.h"

namespace penstock::dialect {

using domain::JsonType;
using domain::JsonValue;

namespace {

// A text in one piece, and then once more as a whole.
void write_output_text(ResponsesEvents& events, std::size_t index, const JsonValue& part) {
  const std::string_view logprobs = raw_array(part, "logprobs");
  const auto open = [&](std::string_view type) -> std::string& {
    return events.open_in_part(type, "content_index", index);
  };
  if (!text_of(part, "text").empty()) {
    std::string& out = open("response.output_text.delta");
    append_member(out, "delta", raw_member(part, "text"));
    append_member(out, "logprobs", logprobs);
    events.close();
  }
  std::size_t annotation_index = 0;
  if (const auto annotations = part.find("annotations")) {
    annotations->each_element([&](const JsonValue& annotation) {
      std::string& out = open("response.output_text.annotation.added");
      out.append(",\"annotation_index\":").append(std::to_string(annotation_index++));
      append_member(out, "annotation", annotation.raw());
      events.close();
      return true;
    });
  }
  std::string& out = open("response.output_text.done");
  append_member(out, "text", raw_member(part, "text"));
  append_member(out, "logprobs", logprobs);
  events.close();
}

// What has a delta and an end, each with one text.
void write_text(ResponsesEvents& events,
                std::string& (*open)(ResponsesEvents&, std::string_view, std::size_t),
                std::size_t index, std::string_view type, std::string_view key,
                const JsonValue& holder) {
  const std::string name = "response." + std::string(type);
  if (!text_of(holder, key).empty()) {
    append_member(open(events, name + ".delta", index), "delta", raw_member(holder, key));
    events.close();
  }
  append_member(open(events, name + ".done", index), key, raw_member(holder, key));
  events.close();
}

std::string& open_in_content(ResponsesEvents& events, std::string_view type, std::size_t index) {
  return events.open_in_part(type, "content_index", index);
}
std::string& open_in_summary(ResponsesEvents& events, std::string_view type, std::size_t index) {
  return events.open_in_part(type, "summary_index", index);
}
std::string& open_in_item(ResponsesEvents& events, std::string_view type, std::size_t /*index*/) {
  return events.open_in_item(type);
}

void write_refusal(ResponsesEvents& events, std::size_t index, const JsonValue& part) {
  write_text(events, &open_in_content, index, "refusal", "refusal", part);
}
void write_reasoning_text(ResponsesEvents& events, std::size_t index, const JsonValue& part) {
  write_text(events, &open_in_content, index, "reasoning_text", "text", part);
}
void write_summary_text(ResponsesEvents& events, std::size_t index, const JsonValue& part) {
  write_text(events, &open_in_summary, index, "reasoning_summary_text", "text", part);
}

constexpr std::array<std::string_view, 4> kOutputTextMembers{"type", "text", "annotations",
                                                             "logprobs"};
constexpr std::array<std::string_view, 2> kRefusalMembers{"type", "refusal"};
constexpr std::array<std::string_view, 2> kTextMembers{"type", "text"};

struct PartType {
  std::string_view name;
  Names members;
  std::string_view text;  // the member that is streamed
  void (*write)(ResponsesEvents& events, std::size_t index, const JsonValue& part);
};

constexpr std::array<PartType, 2> kMessageParts{{
    {"output_text", kOutputTextMembers, "text", &write_output_text},
    {"refusal", kRefusalMembers, "refusal", &write_refusal},
}};
constexpr std::array<PartType, 1> kReasoningParts{{
    {"reasoning_text", kTextMembers, "text", &write_reasoning_text},
}};
constexpr std::array<PartType, 1> kSummaryParts{{
    {"summary_text", kTextMembers, "text", &write_summary_text},
}};

// Where an item has its parts, and the events around each.
struct PartList {
  std::string_view key;
  std::span<const PartType> types;
  std::string& (*open)(ResponsesEvents& events, std::string_view type, std::size_t index);
  std::string_view added;
  std::string_view done;
};

bool write_part(ResponsesEvents& events, const PartList& list, std::size_t index,
                const JsonValue& part) {
  const auto type = std::ranges::find(list.types, text_of(part, "type"), &PartType::name);
  if (type == list.types.end() || !has_only(part, type->members) ||
      !is_a(part, type->text, JsonType::kString) ||
      !is_at_most_a(part, "annotations", JsonType::kArray) ||
      !is_at_most_a(part, "logprobs", JsonType::kArray)) {
    return false;
  }
  const std::array<Replaced, 3> at_start{
      {{type->text, "\"\""}, {"annotations", "[]"}, {"logprobs", "[]"}}};
  std::string& out = list.open(events, list.added, index);
  out += ",\"part\":";
  append_object(out, part, at_start);
  events.close();
  type->write(events, index, part);
  append_member(list.open(events, list.done, index), "part", part.raw());
  events.close();
  return true;
}

bool write_parts(ResponsesEvents& events, const PartList& list, const JsonValue& item) {
  const auto parts = item.find(list.key);
  std::size_t index = 0;
  return !parts || parts->is(JsonType::kNull) ||
         (parts->is(JsonType::kArray) && parts->each_element([&](const JsonValue& part) {
           return write_part(events, list, index++, part);
         }));
}

constexpr PartList kMessageContent{"content", kMessageParts, &open_in_content,
                                   "response.content_part.added", "response.content_part.done"};
constexpr PartList kReasoningContent{"content", kReasoningParts, &open_in_content,
                                     "response.content_part.added", "response.content_part.done"};
constexpr PartList kReasoningSummary{"summary", kSummaryParts, &open_in_summary,
                                     "response.reasoning_summary_part.added",
                                     "response.reasoning_summary_part.done"};

}  // namespace

bool write_message_parts(ResponsesEvents& events, const JsonValue& message) {
  return write_parts(events, kMessageContent, message);
}

bool write_reasoning_parts(ResponsesEvents& events, const JsonValue& reasoning) {
  return write_parts(events, kReasoningSummary, reasoning) &&
         write_parts(events, kReasoningContent, reasoning);
}

void write_item_text(ResponsesEvents& events, std::string_view type, std::string_view key,
                     const JsonValue& item) {
  write_text(events, &open_in_item, 0, type, key, item);
}

}  // namespace penstock::dialect

#include "sidecar/dialect/unfold_responses.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/dialect/json_output.h"
#include "sidecar/dialect/unfold_json.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

using domain::JsonTree;
using domain::JsonType;
using domain::JsonValue;

namespace {

using Names = std::span<const std::string_view>;

// A member that an event tells otherwise than the object.
struct Replaced {
  std::string_view key;
  std::string_view raw;
};

// Every member has one of `names`, each at most once.
bool has_only(const JsonValue& object, Names names) {
  std::uint64_t seen = 0;
  return object.is(JsonType::kObject) &&
         object.each_member([&](const JsonValue& key, const JsonValue& /*value*/) {
           const auto at = std::ranges::find(names, key.text()) - names.begin();
           const std::uint64_t bit = std::uint64_t{1} << at;
           const bool known = static_cast<std::size_t>(at) < names.size() && (seen & bit) == 0;
           seen |= bit;
           return known;
         });
}

bool is_a(const JsonValue& object, std::string_view key, JsonType type) {
  const auto value = object.find(key);
  return value && value->is(type);
}

// Absent and null will do as well.
bool is_at_most_a(const JsonValue& object, std::string_view key, JsonType type) {
  return !has_member(object, key) || is_a(object, key, type);
}

std::string_view text_of(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value && value->is(JsonType::kString) ? value->text() : std::string_view{};
}

// `raw` of an array that is there, or an empty one.
std::string_view raw_array(const JsonValue& object, std::string_view key) {
  return is_a(object, key, JsonType::kArray) ? raw_member(object, key) : "[]";
}

// The object with some of its members told otherwise.
void append_object(std::string& out, const JsonValue& object, std::span<const Replaced> replaced) {
  out += '{';
  bool first = true;
  object.each_member([&](const JsonValue& key, const JsonValue& value) {
    const auto other = std::ranges::find(replaced, key.text(), &Replaced::key);
    out += first ? "" : ",";
    first = false;
    out.append(key.raw()).append(":");
    append_json(out, other == replaced.end() ? value.raw() : other->raw);
    return true;
  });
  out += '}';
}

// Numbers the events and says where in the output they belong.
class Events {
 public:
  std::string& open(std::string_view type) {
    out_.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
    return out_.append("\",\"sequence_number\":").append(std::to_string(sequence_++));
  }
  std::string& open_in_item(std::string_view type) {
    open(type);
    append_member(out_, "item_id", item_id_);
    return out_.append(",\"output_index\":").append(std::to_string(item_));
  }
  // `index`: content_index or summary_index.
  std::string& open_in_part(std::string_view type, std::string_view index, std::size_t part) {
    return open_in_item(type).append(",\"").append(index).append("\":").append(
        std::to_string(part));
  }
  void close() { out_ += "}\n\n"; }

  void begin_item(std::size_t item, std::string_view raw_id) {
    item_ = item;
    item_id_ = raw_id;
  }
  [[nodiscard]] std::size_t item() const { return item_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t sequence_ = 0;
  std::size_t item_ = 0;
  std::string_view item_id_;
};

void write_lifecycle(Events& events, std::string_view type, const JsonValue& response) {
  constexpr std::array<Replaced, 4> kAtStart{{{"status", "\"in_progress\""},
                                              {"output", "[]"},
                                              {"usage", "null"},
                                              {"completed_at", "null"}}};
  std::string& out = events.open(type);
  out += ",\"response\":";
  append_object(out, response, kAtStart);
  events.close();
}

// A text in one piece, and then once more as a whole.
void write_output_text(Events& events, std::size_t index, const JsonValue& part) {
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
void write_text(Events& events, std::string& (*open)(Events&, std::string_view, std::size_t),
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

std::string& open_in_content(Events& events, std::string_view type, std::size_t index) {
  return events.open_in_part(type, "content_index", index);
}
std::string& open_in_summary(Events& events, std::string_view type, std::size_t index) {
  return events.open_in_part(type, "summary_index", index);
}
std::string& open_in_item(Events& events, std::string_view type, std::size_t /*index*/) {
  return events.open_in_item(type);
}

void write_refusal(Events& events, std::size_t index, const JsonValue& part) {
  write_text(events, &open_in_content, index, "refusal", "refusal", part);
}
void write_reasoning_text(Events& events, std::size_t index, const JsonValue& part) {
  write_text(events, &open_in_content, index, "reasoning_text", "text", part);
}
void write_summary_text(Events& events, std::size_t index, const JsonValue& part) {
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
  void (*write)(Events& events, std::size_t index, const JsonValue& part);
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
  std::string& (*open)(Events& events, std::string_view type, std::size_t index);
  std::string_view added;
  std::string_view done;
};

bool write_part(Events& events, const PartList& list, std::size_t index, const JsonValue& part) {
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

bool write_parts(Events& events, const PartList& list, const JsonValue& item) {
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

bool write_message(Events& events, const JsonValue& item) {
  return is_a(item, "content", JsonType::kArray) && write_parts(events, kMessageContent, item);
}

bool write_reasoning(Events& events, const JsonValue& item) {
  return write_parts(events, kReasoningSummary, item) &&
         write_parts(events, kReasoningContent, item);
}

bool write_function_call(Events& events, const JsonValue& item) {
  if (!is_a(item, "name", JsonType::kString) || !is_a(item, "arguments", JsonType::kString)) {
    return false;
  }
  write_text(events, &open_in_item, 0, "function_call_arguments", "arguments", item);
  return true;
}

bool write_custom_tool_call(Events& events, const JsonValue& item) {
  if (!is_a(item, "name", JsonType::kString) || !is_a(item, "input", JsonType::kString)) {
    return false;
  }
  write_text(events, &open_in_item, 0, "custom_tool_call_input", "input", item);
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
  bool (*write)(Events& events, const JsonValue& item);
};

constexpr Replaced kInProgress{"status", "\"in_progress\""};

constexpr std::array<ItemType, 4> kItemTypes{{
    {"message", kMessageMembers, {{kInProgress, {"content", "[]"}, {}}}, &write_message},
    {"reasoning",
     kReasoningMembers,
     {{kInProgress, {"summary", "[]"}, {"content", "[]"}}},
     &write_reasoning},
    {"function_call",
     kFunctionCallMembers,
     {{kInProgress, {"arguments", "\"\""}, {}}},
     &write_function_call},
    {"custom_tool_call",
     kCustomToolCallMembers,
     {{kInProgress, {"input", "\"\""}, {}}},
     &write_custom_tool_call},
}};

bool write_item(Events& events, std::size_t index, const JsonValue& item) {
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
  Events events;
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

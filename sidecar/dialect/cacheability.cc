#include "sidecar/dialect/cacheability.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "sidecar/domain/canonical_number.h"

namespace penstock::dialect {
namespace {

using domain::BypassReason;
using domain::JsonType;
using domain::JsonValue;
using domain::Operation;

// A member that is there and says something.
std::optional<JsonValue> given(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value && !value->is(JsonType::kNull) ? value : std::nullopt;
}

// Given, and anything but `false`: what is not a boolean is for the upstream to judge.
bool asks_for(const JsonValue& object, std::string_view key) {
  const auto value = given(object, key);
  return value && !value->is(JsonType::kFalse);
}

bool is_text(const std::optional<JsonValue>& value, std::string_view text) {
  return value && value->is(JsonType::kString) && value->text() == text;
}

bool is_number(const std::optional<JsonValue>& value, std::string_view canonical) {
  if (!value || !value->is(JsonType::kNumber)) {
    return false;
  }
  std::string spelled;
  domain::append_canonical_number(spelled, value->text());
  return spelled == canonical;
}

bool not_empty(const std::optional<JsonValue>& value) {
  const bool container = value && (value->is(JsonType::kArray) || value->is(JsonType::kObject));
  return value && !(container && value->size() == 0);
}

bool is_cached_operation(Operation operation) {
  return operation == Operation::kChat || operation == Operation::kCompletions ||
         operation == Operation::kResponses || operation == Operation::kEmbeddings ||
         operation == Operation::kMessages;
}

bool is_stateful(Operation operation, const JsonValue& body) {
  const bool responses = operation == Operation::kResponses;
  const auto store = body.find("store");
  const bool stored = responses ? !store || !store->is(JsonType::kFalse) : asks_for(body, "store");
  return stored || asks_for(body, "background") || given(body, "conversation") ||
         given(body, "previous_response_id") || (responses && given(body, "prompt"));
}

constexpr std::array<std::string_view, 4> kAnthropicClientTools = {"computer_", "bash_",
                                                                   "text_editor_", "memory_"};

bool is_client_tool(Operation operation, const JsonValue& tool) {
  const auto type = tool.find("type");
  if (operation != Operation::kMessages) {
    return is_text(type, "function") || is_text(type, "custom");
  }
  if (!tool.is(JsonType::kObject)) {
    return false;
  }
  if (!type || type->is(JsonType::kNull) || is_text(type, "custom")) {
    return true;
  }
  return type->is(JsonType::kString) &&
         std::ranges::any_of(kAnthropicClientTools, [&type](std::string_view prefix) {
           return type->text().starts_with(prefix);
         });
}

// Models that search the web without being given a tool for it: OpenAI's …-search-preview and
// …-search-api, OpenRouter's :online.
bool searches_by_itself(const JsonValue& body) {
  const auto model = body.find("model");
  if (!model || !model->is(JsonType::kString)) {
    return false;
  }
  return model->text().contains("-search-") || model->text().ends_with(":online");
}

bool uses_hosted_tools(Operation operation, const JsonValue& body) {
  for (const std::string_view key : {"mcp_servers", "container", "web_search_options", "plugins"}) {
    if (not_empty(given(body, key))) {
      return true;
    }
  }
  if (searches_by_itself(body)) {
    return true;
  }
  const auto tools = given(body, "tools");
  if (!tools) {
    return false;
  }
  const bool all_client =
      tools->is(JsonType::kArray) && tools->each_element([operation](const JsonValue& tool) {
        return is_client_tool(operation, tool);
      });
  return !all_client;
}

// {"image_url": {"url": "https://…"}} in chat, {"image_url": "https://…"} in responses.
bool is_inline_media(const JsonValue& value) {
  const auto url = value.is(JsonType::kObject) ? value.find("url") : std::optional(value);
  return url && url->is(JsonType::kString) && url->text().starts_with("data:");
}

// What one member of a content part, or of anything around it, refuses by itself.
std::optional<BypassReason> judge_member(std::string_view key, const JsonValue& value) {
  if (value.is(JsonType::kNull)) {
    return std::nullopt;
  }
  if (key == "file_id" || key == "file_url") {
    return BypassReason::kRemoteMedia;
  }
  if (key == "image_url" || key == "audio_url" || key == "video_url") {
    return is_inline_media(value) ? std::nullopt : std::optional(BypassReason::kRemoteMedia);
  }
  if (key == "source") {
    const auto type = value.find("type");
    const bool remote = is_text(type, "url") || is_text(type, "file");
    return remote ? std::optional(BypassReason::kRemoteMedia) : std::nullopt;
  }
  if (key == "audio" && value.find("id")) {
    return BypassReason::kStateful;
  }
  if (key == "type" && is_text(value, "item_reference")) {
    return BypassReason::kStateful;
  }
  return std::nullopt;
}

// Looks through messages whole: content parts nest (tool results hold content parts of their own),
// and a name that means something else in a tool's arguments costs a cache miss, not a wrong
// answer.
std::optional<BypassReason> judge_content(const JsonValue& value) {
  std::optional<BypassReason> found;
  value.each_element([&found](const JsonValue& element) {
    found = judge_content(element);
    return !found;
  });
  value.each_member([&found](const JsonValue& key, const JsonValue& member) {
    found = judge_member(key.text(), member);
    if (!found) {
      found = judge_content(member);
    }
    return !found;
  });
  return found;
}

bool is_greedy(const JsonValue& body) {
  return is_number(body.find("temperature"), "i0") || is_number(body.find("top_k"), "i1");
}

}  // namespace

std::optional<BypassReason> refuses_caching(Operation operation, const JsonValue& body,
                                            resolve::SampledRequests sampled) {
  if (!is_cached_operation(operation)) {
    return domain::is_model_call(operation) ? BypassReason::kUncachedOperation
                                            : BypassReason::kNotModelCall;
  }
  if (!body.is(JsonType::kObject)) {
    return BypassReason::kNotObject;
  }
  if (is_stateful(operation, body)) {
    return BypassReason::kStateful;
  }
  if (uses_hosted_tools(operation, body)) {
    return BypassReason::kHostedTool;
  }
  for (const std::string_view key : {"messages", "input", "system"}) {
    const auto content = body.find(key);
    const auto reason = content ? judge_content(*content) : std::nullopt;
    if (reason) {
      return reason;
    }
  }
  const bool generates = operation != Operation::kEmbeddings;
  if (sampled == resolve::SampledRequests::kBypass && generates && !is_greedy(body)) {
    return BypassReason::kSampled;
  }
  return std::nullopt;
}

}  // namespace penstock::dialect

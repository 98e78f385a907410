#include "sidecar/dialect/cacheability.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "sidecar/domain/canonical_number.h"
#include "sidecar/domain/name_table.h"

namespace penstock::dialect {
namespace {

using domain::BypassReason;
using domain::JsonType;
using domain::JsonValue;
using domain::Operation;

// The outermost members that the rules look at, found in one pass.
struct Members {
  std::optional<JsonValue> store, background, conversation, previous_response_id, prompt;
  std::optional<JsonValue> tools, mcp_servers, container, web_search_options, plugins, model;
  std::optional<JsonValue> messages, input, system;
  std::optional<JsonValue> search_parameters, enable_search, data_sources;
  std::optional<JsonValue> temperature, top_k;
};

constexpr domain::NameTable kMemberNames(std::to_array<std::string_view>(
    {"background", "container", "conversation", "data_sources", "enable_search", "input",
     "mcp_servers", "messages", "model", "plugins", "previous_response_id", "prompt",
     "search_parameters", "store", "system", "temperature", "tools", "top_k",
     "web_search_options"}));

// As kMemberNames has them.
constexpr std::array<std::optional<JsonValue> Members::*, 19> kMembers = {
    &Members::background,
    &Members::container,
    &Members::conversation,
    &Members::data_sources,
    &Members::enable_search,
    &Members::input,
    &Members::mcp_servers,
    &Members::messages,
    &Members::model,
    &Members::plugins,
    &Members::previous_response_id,
    &Members::prompt,
    &Members::search_parameters,
    &Members::store,
    &Members::system,
    &Members::temperature,
    &Members::tools,
    &Members::top_k,
    &Members::web_search_options};

// Null says no more than absence.
Members members_of(const JsonValue& body) {
  Members members;
  body.each_member([&members](const JsonValue& key, const JsonValue& value) {
    const std::size_t row = kMemberNames.find(key.text());
    if (row != kMembers.size() && !value.is(JsonType::kNull)) {
      members.*kMembers[row] = value;
    }
    return true;
  });
  return members;
}

// Given, and anything but `false`: what is not a boolean is for the upstream to judge.
bool asks_for(const std::optional<JsonValue>& value) {
  return value && !value->is(JsonType::kFalse);
}

bool is_text(const std::optional<JsonValue>& value, std::string_view text) {
  return value && value->is(JsonType::kString) && value->text() == text;
}

bool is_number(const std::optional<JsonValue>& value, std::string_view canonical) {
  if (!value || !value->is(JsonType::kNumber)) {
    return false;
  }
  domain::ByteSink spelled;
  domain::append_canonical_number(spelled, value->text());
  return spelled.view() == canonical;
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

bool is_stateful(Operation operation, const Members& body) {
  const bool responses = operation == Operation::kResponses;
  const bool stored = responses ? !body.store || asks_for(body.store) : asks_for(body.store);
  return stored || asks_for(body.background) || body.conversation || body.previous_response_id ||
         (responses && body.prompt);
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

// Whether `name` is `family`, or a member of it ("sonar", "sonar-pro").
bool is_of_family(std::string_view name, std::string_view family) {
  return name.starts_with(family) && (name.size() == family.size() || name[family.size()] == '-');
}

// Models that search the web without being given a tool for it: OpenAI's …-search-preview and
// …-search-api, OpenRouter's :online, Perplexity's sonar, Groq's compound; the last two with or
// without their vendor in front.
bool searches_by_itself(const std::optional<JsonValue>& model) {
  if (!model || !model->is(JsonType::kString)) {
    return false;
  }
  const std::string_view whole = model->text();
  const std::string_view last = whole.substr(whole.rfind('/') + 1);
  const std::string_view name = last.substr(0, last.find(':'));  // a router's variant, or a tag
  return whole.contains("-search-") || whole.ends_with(":online") || is_of_family(name, "sonar") ||
         is_of_family(name, "compound");
}

bool uses_hosted_tools(Operation operation, const Members& body) {
  // `web_search_options: {}` already switches the search on; an empty list of servers does nothing.
  // xAI's and DashScope's switches are taken for on whatever they hold. Azure's data sources are
  // indexes that change.
  if (body.web_search_options || body.search_parameters || body.enable_search ||
      not_empty(body.mcp_servers) || not_empty(body.container) || not_empty(body.plugins) ||
      not_empty(body.data_sources) || searches_by_itself(body.model)) {
    return true;
  }
  const bool all_client =
      !body.tools || (body.tools->is(JsonType::kArray) &&
                      body.tools->each_element([operation](const JsonValue& tool) {
                        return is_client_tool(operation, tool);
                      }));
  return !all_client;
}

// {"image_url": {"url": "https://…"}} in chat, {"image_url": "https://…"} in responses.
bool is_inline_media(const JsonValue& value) {
  const auto url = value.is(JsonType::kObject) ? value.find("url") : std::optional(value);
  return url && url->is(JsonType::kString) && url->text().starts_with("data:");
}

enum ContentName : std::uint8_t {
  kFileId,
  kFileUrl,
  kImageUrl,
  kAudioUrl,
  kVideoUrl,
  kSource,
  kAudio,
  kType,
};

// As ContentName has them.
constexpr domain::NameTable kContentNames(std::to_array<std::string_view>(
    {"file_id", "file_url", "image_url", "audio_url", "video_url", "source", "audio", "type"}));

// What one member of a content part, or of anything around it, refuses by itself.
std::optional<BypassReason> judge_member(std::string_view key, const JsonValue& value) {
  if (value.is(JsonType::kNull)) {
    return std::nullopt;
  }
  switch (kContentNames.find(key)) {
    case kFileId:
    case kFileUrl: return BypassReason::kRemoteMedia;
    case kImageUrl:
    case kAudioUrl:
    case kVideoUrl:
      return is_inline_media(value) ? std::nullopt : std::optional(BypassReason::kRemoteMedia);
    case kSource: {
      const auto type = value.find("type");
      const bool remote = is_text(type, "url") || is_text(type, "file");
      return remote ? std::optional(BypassReason::kRemoteMedia) : std::nullopt;
    }
    case kAudio: return value.find("id") ? std::optional(BypassReason::kStateful) : std::nullopt;
    case kType:
      return is_text(value, "item_reference") ? std::optional(BypassReason::kStateful)
                                              : std::nullopt;
    default: return std::nullopt;
  }
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

bool is_greedy(const Members& body) {
  return is_number(body.temperature, "i0") || is_number(body.top_k, "i1");
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
  const Members members = members_of(body);
  if (is_stateful(operation, members)) {
    return BypassReason::kStateful;
  }
  if (uses_hosted_tools(operation, members)) {
    return BypassReason::kHostedTool;
  }
  for (const auto& content : {members.messages, members.input, members.system}) {
    const auto reason = content ? judge_content(*content) : std::nullopt;
    if (reason) {
      return reason;
    }
  }
  const bool generates = operation != Operation::kEmbeddings;
  if (sampled == resolve::SampledRequests::kBypass && generates && !is_greedy(members)) {
    return BypassReason::kSampled;
  }
  return std::nullopt;
}

}  // namespace penstock::dialect

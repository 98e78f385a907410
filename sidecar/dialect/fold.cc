#include "sidecar/dialect/fold.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "sidecar/dialect/fold_messages.h"
#include "sidecar/dialect/fold_tables_openai.h"
#include "sidecar/dialect/folded_object.h"
#include "sidecar/dialect/stored_stream.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

using domain::JsonTree;
using domain::JsonType;
using domain::JsonValue;
using domain::Operation;
using domain::SseEvent;

namespace {

std::optional<std::string> fold_chunks(std::span<const FoldRule> rules, std::string_view bytes) {
  FoldedObject object(rules);
  JsonTree tree;
  bool done = false;
  const bool folded = each_stored_event(bytes, [&](const SseEvent& event) {
    if (event.name == "ping") {
      return true;
    }
    if (done || !event.name.empty()) {
      return false;
    }
    if (event.data == "[DONE]") {
      done = true;
      return true;
    }
    return !tree.parse(event.data) && object.take(tree.root());
  });
  if (!folded || !done || !object.complete()) {
    return std::nullopt;
  }
  std::string text;
  text.reserve(bytes.size() / 4);
  object.write(text);
  return text;
}

// What a Responses stream says besides its last event.
struct ResponsesStream {
  std::size_t items = 0;  // of output that were finished
  bool completed = false;
  std::string response;

  bool take(const JsonValue& event) {
    const auto type = event.find("type");
    if (completed || !type || !type->is(JsonType::kString)) {
      return false;
    }
    const std::string_view name = type->text();
    if (name == "error" || name == "response.failed" || name == "response.incomplete") {
      return false;
    }
    items += name == "response.output_item.done" ? 1U : 0U;
    return name != "response.completed" || take_response(event);
  }

  // Some servers leave the output out of the last event.
  bool take_response(const JsonValue& event) {
    const auto value = event.find("response");
    const auto output = value ? value->find("output") : std::nullopt;
    if (!output || !output->is(JsonType::kArray) || output->size() != items) {
      return false;
    }
    completed = true;
    response = value->raw();
    return true;
  }
};

std::optional<std::string> fold_responses(std::string_view bytes) {
  ResponsesStream stream;
  JsonTree tree;
  const bool folded = each_stored_event(bytes, [&](const SseEvent& event) {
    return !tree.parse(event.data) && stream.take(tree.root());
  });
  return folded && stream.completed ? std::optional(std::move(stream.response)) : std::nullopt;
}

}  // namespace

std::optional<std::string> fold(Operation operation, std::string_view sse_bytes) {
  switch (operation) {
    case Operation::kChat: return fold_chunks(tables::kChat, sse_bytes);
    case Operation::kCompletions: return fold_chunks(tables::kCompletion, sse_bytes);
    case Operation::kResponses: return fold_responses(sse_bytes);
    case Operation::kMessages: return fold_messages(sse_bytes);
    case Operation::kEmbeddings:
    case Operation::kCountTokens:
    case Operation::kModels:
    case Operation::kModerations:
    case Operation::kAudio:
    case Operation::kFiles:
    case Operation::kOther: break;
  }
  return std::nullopt;
}

}  // namespace penstock::dialect

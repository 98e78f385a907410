#include "sidecar/request/request_labels.h"

#include <array>

namespace penstock::request {

using domain::Dialect;
using domain::Operation;

std::string_view label(Operation operation) {
  switch (operation) {
    case Operation::kChat: return "chat";
    case Operation::kCompletions: return "completions";
    case Operation::kResponses: return "responses";
    case Operation::kEmbeddings: return "embeddings";
    case Operation::kMessages: return "messages";
    case Operation::kCountTokens: return "count_tokens";
    case Operation::kModels: return "models";
    case Operation::kModerations: return "moderations";
    case Operation::kAudio: return "audio";
    case Operation::kFiles: return "files";
    case Operation::kOther: return "other";
  }
  return "other";
}

std::string_view label(Dialect dialect) {
  return dialect == Dialect::kAnthropic ? "anthropic" : "openai";
}

std::string_view label(CacheState state) {
  switch (state) {
    case CacheState::kNone: return "none";
    case CacheState::kBypass: return "bypass";
    case CacheState::kMiss: return "miss";
    case CacheState::kHit: return "hit";
    case CacheState::kPartial: return "partial";
    case CacheState::kExpired: return "expired";
    case CacheState::kCollapsed: return "collapsed";
  }
  return "none";
}

std::string_view label(Disconnect side) {
  switch (side) {
    case Disconnect::kNone: return "none";
    case Disconnect::kDownstream: return "downstream";
    case Disconnect::kUpstream: return "upstream";
  }
  return "none";
}

std::string_view gen_ai_operation(Operation operation) {
  switch (operation) {
    case Operation::kChat:
    case Operation::kResponses:
    case Operation::kMessages: return "chat";
    case Operation::kCompletions: return "text_completion";
    case Operation::kEmbeddings:
    case Operation::kCountTokens:
    case Operation::kModels:
    case Operation::kModerations:
    case Operation::kAudio:
    case Operation::kFiles:
    case Operation::kOther: return label(operation);
  }
  return "other";
}

std::string_view status_class(int status) {
  constexpr std::array<std::string_view, 6> kClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  const int hundreds = status / 100;
  return hundreds >= 1 && hundreds <= 5 ? kClasses[static_cast<std::size_t>(hundreds)] : "none";
}

}  // namespace penstock::request

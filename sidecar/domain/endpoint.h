#pragma once

#include <cstdint>

namespace penstock::domain {

enum class Dialect : std::uint8_t { kOpenAi, kAnthropic };

// What a request asks of a model API. The path decides, whatever prefix the base URL has.
enum class Operation : std::uint8_t {
  kChat,         // OpenAI /v1/chat/completions
  kCompletions,  // OpenAI /v1/completions
  kResponses,    // OpenAI /v1/responses
  kEmbeddings,   // OpenAI /v1/embeddings
  kMessages,     // Anthropic /v1/messages
  kCountTokens,  // Anthropic /v1/messages/count_tokens
  kModels,       // /v1/models and /v1/models/{id}
  kModerations,  // opaque from here on
  kAudio,
  kFiles,
  kOther,  // everything else under the upstream: passes untouched
};

struct Endpoint {
  Dialect dialect = Dialect::kOpenAi;
  Operation operation = Operation::kOther;
  bool operator==(const Endpoint&) const = default;
};

// Calls whose JSON body is collected, read and measured; all others are opaque.
[[nodiscard]] constexpr bool is_model_call(Operation operation) {
  return operation <= Operation::kCountTokens;
}

// Calls that a model answers with output of its own.
[[nodiscard]] constexpr bool is_generation(Operation operation) {
  return operation == Operation::kChat || operation == Operation::kCompletions ||
         operation == Operation::kMessages || operation == Operation::kResponses;
}

}  // namespace penstock::domain

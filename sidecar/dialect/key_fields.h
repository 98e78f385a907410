#pragma once

#include <array>
#include <string_view>

#include "sidecar/domain/canonical_form.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/name_table.h"

// Which members of a request body do not belong to its cache key, and which request headers do.
//
// A member stays in the key unless a row here says otherwise; one that nobody has heard of stays
// in.
namespace penstock::dialect {

namespace key_fields {

// How the answer travels, not what it says: one entry serves stream and non-stream callers. The
// entry keeps the usage whether or not this caller wants to see it.
//   stream, stream_options
// Labels for the provider's books and its abuse detection (`safety_identifier` replaced `user`),
// and where it looks for a cached *prompt prefix*: price and speed, not the answer.
//   user, safety_identifier, prompt_cache_key, prompt_cache_retention
// Whether the provider keeps a copy. Only calls that ask for none get as far as a key
// (cacheability.h), so what is left out is the spelling of "no".
//   store
// Ids of one exchange, from clients, gateways and engines (vLLM takes request_id).
//   request_id, trace_id, litellm_call_id, litellm_trace_id, litellm_session_id
//
// In the key on purpose: service_tier (the answer reports it, and the bill depends on it), seed, n,
// logprobs, modalities, prediction, cache_salt (its point is to keep callers apart), and metadata:
// an answer that the provider keeps, by a setting of the account, repeats it.
inline constexpr domain::NameTable kOpenAiGeneration(std::to_array<std::string_view>(
    {"stream", "stream_options", "user", "safety_identifier", "prompt_cache_key", "store",
     "prompt_cache_retention", "request_id", "trace_id", "litellm_call_id", "litellm_trace_id",
     "litellm_session_id"}));

// A Response repeats the labels of its request: one caller's are not for another to read.
inline constexpr domain::NameTable kOpenAiResponses(
    std::to_array<std::string_view>({"stream", "stream_options", "store", "request_id", "trace_id",
                                     "litellm_call_id", "litellm_trace_id", "litellm_session_id"}));

// Embeddings have neither streams nor storing; the rest as above. encoding_format and dimensions
// change the answer.
inline constexpr domain::NameTable kOpenAiEmbeddings(
    std::to_array<std::string_view>({"user", "request_id", "trace_id", "litellm_call_id",
                                     "litellm_trace_id", "litellm_session_id"}));

// Anthropic knows `metadata` (its user_id is for abuse detection); a member named `user` would be
// unknown to it, so it stays in. cache_control marks stay in too: they change what the answer's
// usage reports.
inline constexpr domain::NameTable kAnthropicMessages(
    std::to_array<std::string_view>({"stream", "metadata"}));

// Request headers that change answers, in the order in which they enter a key. A policy may add
// more.
inline constexpr std::array<std::string_view, 5> kHeaders = {
    "anthropic-beta", "anthropic-version", "openai-beta", "openai-organization", "openai-project"};

}  // namespace key_fields

// Whether the key of such a call leaves out this member of the outermost object.
[[nodiscard]] constexpr domain::IsExcluded excluded_fields(domain::Operation operation) {
  switch (operation) {
    case domain::Operation::kChat:
    case domain::Operation::kCompletions:
      return [](std::string_view name) { return key_fields::kOpenAiGeneration.contains(name); };
    case domain::Operation::kResponses:
      return [](std::string_view name) { return key_fields::kOpenAiResponses.contains(name); };
    case domain::Operation::kEmbeddings:
      return [](std::string_view name) { return key_fields::kOpenAiEmbeddings.contains(name); };
    case domain::Operation::kMessages:
      return [](std::string_view name) { return key_fields::kAnthropicMessages.contains(name); };
    case domain::Operation::kCountTokens:
    case domain::Operation::kModels:
    case domain::Operation::kModerations:
    case domain::Operation::kAudio:
    case domain::Operation::kFiles:
    case domain::Operation::kOther: break;
  }
  return &domain::excludes_nothing;
}

}  // namespace penstock::dialect

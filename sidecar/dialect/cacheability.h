#pragma once

#include <optional>

#include "lib/resolve/resolved_policy.h"
#include "sidecar/domain/bypass_reason.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

// Why the answer to a request must not be taken from a cache, nor kept in one; nullopt where it
// may. REQUIRES: `body` is the outermost value of a model call's body.
//
// Cacheable at all: chat, completions, messages and embeddings; responses if `store` is false.
//
// kStateful     the upstream keeps the call or answers from what it kept: `store` (responses:
// unless
//               explicitly false), `background`, `conversation`, `previous_response_id`, a stored
//               `prompt`, `item_reference` input items, audio of an earlier answer by id.
// kHostedTool   the upstream may look at the world: a tool of any type but those that the caller
//               runs, MCP servers, containers, web search options, models that search by
//               themselves. Run by the caller: OpenAI `function` and `custom`; Anthropic tools
//               without a type, `custom`, and the client tools computer_*, bash_*, text_editor_*
//               and memory_*, for which the model only writes the call. Every other type is
//               refused, unknown ones too.
// kRemoteMedia  content that the upstream fetches or holds: images, audio, video or documents by
//               anything but a data: URL, and file ids.
// kSampled      with `sampled: Bypass` only: answers drawn at random, which is every generation
// that
//               asks neither for temperature 0 nor for top_k 1. (The default temperature is 1; a
//               seed makes an answer likely to repeat, not certain.)
[[nodiscard]] std::optional<domain::BypassReason> refuses_caching(domain::Operation operation,
                                                                  const domain::JsonValue& body,
                                                                  resolve::SampledRequests sampled);

}  // namespace penstock::dialect

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/domain/endpoint.h"

namespace penstock::dialect {

// A place in a request body: [begin, end), in bytes.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

// What routing, budgets and the usage option need of a request's body. Where a key repeats, the
// last one counts, as it does for most servers. A member of an unexpected type reads as absent: the
// upstream is the one to refuse it.
struct RequestFacts {
  bool ok = false;  // false: not a JSON object; pass it through as a bypass and trust nothing below
  domain::Operation operation = domain::Operation::kOther;

  std::string_view model;  // unescaped; lives as long as the body and this struct (or a copy of it)
  bool stream = false;
  std::uint32_t n = 1;                            // answers asked for, at least 1
  std::optional<std::int64_t> output_tokens_max;  // max_completion_tokens before max_tokens
  std::optional<bool> include_usage;  // stream_options.include_usage, where it is a boolean

  bool background = false;    // Responses: answered later, by polling
  bool continues = false;     // Responses: previous_response_id or conversation is given
  std::optional<bool> store;  // as written
  // The upstream keeps state for the call, or answers from state: never cached, pinned to one
  // backend.
  [[nodiscard]] bool stateful() const {
    const bool stored = operation == domain::Operation::kResponses && store.value_or(true);
    return background || continues || stored;
  }

  // Where to edit; see stream_options.h.
  std::size_t after_open_brace = 0;  // offset of the first byte inside the object
  bool empty_object = false;
  std::optional<ByteRange> stream_options;  // its value
  bool stream_options_repeats = false;      // ambiguous: left alone

  std::shared_ptr<const std::string>
      model_unescaped;  // owns `model` where the body spells it with escapes

  // Follows the body's bytes to a copy of them. `old_body` need not be readable any more.
  void rebase(const char* old_body, const char* new_body) {
    if (model_unescaped == nullptr && !model.empty()) {
      model = std::string_view(new_body + (model.data() - old_body), model.size());
    }
  }
};

}  // namespace penstock::dialect

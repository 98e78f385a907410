#pragma once

#include <cstdint>
#include <string_view>

#include "sidecar/dialect/usage_reader.h"
#include "sidecar/domain/token_usage.h"

// Token counts for calls whose upstream never said, or was cut before it could. A heuristic, always
// marked as `estimated`: good to within a third for prose and code in common vocabularies, worse
// for images and binary data.
namespace penstock::dialect {

// Four ASCII bytes are a token; a two-byte character (Latin with accents, Cyrillic, Greek, Arabic)
// half a token; a three-byte one (CJK, most other scripts) three quarters; a four-byte one (emoji)
// two tokens. At least 1 for anything that is not empty.
std::int64_t estimate_tokens(std::string_view text);

// The same where only a length is known: a quarter, rounded up. JSON's own punctuation counts as
// text.
[[nodiscard]] constexpr std::int64_t estimate_tokens_of(std::uint64_t bytes) {
  return static_cast<std::int64_t>(bytes / 4 + (bytes % 4 == 0 ? 0 : 1));
}

// What the call is charged with: what the upstream said where that covers the whole call; else its
// parts, filled up by estimates. `request_bytes`: length of the request's body. Not for
// count_tokens, which uses none.
domain::TokenUsage usage_or_estimate(const UsageReader& reader, std::uint64_t request_bytes);

}  // namespace penstock::dialect

#pragma once

#include <cstdint>

namespace penstock::domain {

// What one call consumed, in the model's tokens, normalised once at the dialect's edge.
//
// OpenAI counts cached tokens inside the prompt, Anthropic reports them apart: here the four input
// classes are always disjoint. `output` includes `reasoning` and `output_audio`; `input_uncached`
// includes `input_audio`.
struct TokenUsage {
  std::int64_t input_uncached = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write_5m = 0;
  std::int64_t cache_write_1h = 0;
  std::int64_t input_audio = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::int64_t output_audio = 0;
  bool estimated = false;  // the upstream never said; counted from bytes

  [[nodiscard]] std::int64_t input_total() const {
    return input_uncached + cache_read + cache_write_5m + cache_write_1h;
  }
  [[nodiscard]] std::int64_t total() const { return input_total() + output; }
  bool operator==(const TokenUsage&) const = default;
};

}  // namespace penstock::domain

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sidecar/domain/token_usage.h"

// From a provider's usage object to domain::TokenUsage: the one place where the dialects' rules
// differ.
//
// Numbers that are missing, null, negative or no whole numbers count as not said.
namespace penstock::dialect {

// OpenAI: chat and completions (prompt_tokens, completion_tokens), Responses (input_tokens,
// output_tokens), embeddings. Cached tokens are inside the prompt, reasoning tokens inside the
// output. Nullopt unless the object holds at least one of the two totals.
std::optional<domain::TokenUsage> read_openai_usage(std::string_view object);

// Anthropic: input, cache read and cache write are reported apart, and a stream tells them in
// several events whose totals replace earlier ones field by field.
class AnthropicUsage {
 public:
  // Returns whether the object said anything that is counted.
  bool merge(std::string_view object);

  // Writes to the cache that are not told apart by lifetime count as five-minute ones.
  [[nodiscard]] std::optional<domain::TokenUsage> usage() const;

 private:
  bool said_ = false;
  std::int64_t input_ = 0;
  std::int64_t output_ = 0;
  std::int64_t cache_read_ = 0;
  std::int64_t cache_write_ = 0;  // the undivided number
  std::int64_t cache_write_5m_ = 0;
  std::int64_t cache_write_1h_ = 0;
};

}  // namespace penstock::dialect

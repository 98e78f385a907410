#include "sidecar/dialect/usage_object.h"

#include <algorithm>

#include "sidecar/dialect/json_walk.h"

namespace penstock::dialect {
namespace {

// Keeps sums of several counts far from overflow; no call has a trillion tokens.
constexpr std::int64_t kTokensMax = 1'000'000'000'000;

std::optional<std::int64_t> count(std::string_view value) {
  const auto number = integer(value);
  return number && *number >= 0 ? std::optional(std::min(*number, kTokensMax)) : std::nullopt;
}

bool take(std::int64_t& into, std::string_view value) {
  const auto number = count(value);
  into = number.value_or(into);
  return number.has_value();
}

std::int64_t detail(std::string_view details, std::string_view key) {
  const auto value = find_member(details, key);
  return value ? count(*value).value_or(0) : 0;
}

}  // namespace

std::optional<domain::TokenUsage> read_openai_usage(std::string_view object) {
  std::int64_t input = 0;
  domain::TokenUsage usage;
  std::string_view input_details;
  std::string_view output_details;
  bool said = false;
  ObjectWalk walk(object);
  for (JsonMember member; walk.next(member);) {
    const std::string_view key = member.key;
    if (key == "prompt_tokens" || key == "input_tokens") {
      said = take(input, member.value) || said;
    } else if (key == "completion_tokens" || key == "output_tokens") {
      said = take(usage.output, member.value) || said;
    } else if (key == "prompt_tokens_details" || key == "input_tokens_details") {
      input_details = member.value;
    } else if (key == "completion_tokens_details" || key == "output_tokens_details") {
      output_details = member.value;
    }
  }
  if (!said) {
    return std::nullopt;
  }
  usage.cache_read = std::min(detail(input_details, "cached_tokens"), input);
  usage.input_uncached = input - usage.cache_read;
  usage.input_audio = std::min(detail(input_details, "audio_tokens"), usage.input_uncached);
  usage.reasoning = std::min(detail(output_details, "reasoning_tokens"), usage.output);
  usage.output_audio = std::min(detail(output_details, "audio_tokens"), usage.output);
  return usage;
}

bool AnthropicUsage::merge(std::string_view object) {
  bool said = false;
  ObjectWalk walk(object);
  for (JsonMember member; walk.next(member);) {
    const std::string_view key = member.key;
    if (key == "input_tokens") {
      said = take(input_, member.value) || said;
    } else if (key == "output_tokens") {
      said = take(output_, member.value) || said;
    } else if (key == "cache_read_input_tokens") {
      said = take(cache_read_, member.value) || said;
    } else if (key == "cache_creation_input_tokens") {
      said = take(cache_write_, member.value) || said;
    } else if (key == "cache_creation" && is_object(member.value)) {
      cache_write_5m_ = detail(member.value, "ephemeral_5m_input_tokens");
      cache_write_1h_ = detail(member.value, "ephemeral_1h_input_tokens");
      said = true;
    }
  }
  said_ = said_ || said;
  return said;
}

std::optional<domain::TokenUsage> AnthropicUsage::usage() const {
  if (!said_) {
    return std::nullopt;
  }
  domain::TokenUsage usage;
  usage.input_uncached = input_;
  usage.output = output_;
  usage.cache_read = cache_read_;
  const std::int64_t undivided = cache_write_ - cache_write_5m_ - cache_write_1h_;
  usage.cache_write_5m = cache_write_5m_ + std::max<std::int64_t>(undivided, 0);
  usage.cache_write_1h = cache_write_1h_;
  return usage;
}

}  // namespace penstock::dialect

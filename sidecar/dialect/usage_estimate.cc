#include "sidecar/dialect/usage_estimate.h"

#include <algorithm>

namespace penstock::dialect {

std::int64_t estimate_tokens(std::string_view text) {
  std::int64_t quarters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      quarters += 1;
    } else if (byte >= 0xF0) {
      quarters += 8;
    } else if (byte >= 0xE0) {
      quarters += 3;
    } else if (byte >= 0xC0) {
      quarters += 2;
    }  // a continuation byte was counted with its first
  }
  return text.empty() ? 0 : std::max<std::int64_t>(1, (quarters + 3) / 4);
}

domain::TokenUsage usage_or_estimate(const UsageReader& reader, std::uint64_t request_bytes) {
  const auto said = reader.usage();
  if (said && reader.usage_covers_output()) {
    return *said;
  }
  domain::TokenUsage usage = said.value_or(domain::TokenUsage{});
  if (!said) {
    usage.input_uncached = estimate_tokens_of(request_bytes);
  }
  // Hardly a server sends an event for less than a token.
  const auto events = static_cast<std::int64_t>(reader.content_events());
  usage.output = std::max({usage.output, events, estimate_tokens_of(reader.output_bytes())});
  usage.estimated = true;
  return usage;
}

}  // namespace penstock::dialect

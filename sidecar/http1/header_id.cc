#include "sidecar/http1/header_id.h"

#include <array>
#include <cstring>

namespace penstock::http1 {
namespace {

// In the order of HeaderId.
constexpr std::array<std::string_view, kHeaderIdCount> kNames = {
    "",
    "accept",
    "accept-encoding",
    "age",
    "alt-svc",
    "x-amz-security-token",
    "anthropic-beta",
    "anthropic-version",
    "x-api-key",
    "api-key",
    "authorization",
    "cache-control",
    "cache-status",
    "cf-aig-authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "forwarded",
    "x-goog-api-key",
    "helicone-auth",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "x-portkey-api-key",
    "request-id",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "x-real-ip",
    "x-request-id",
    "retry-after",
    "server",
    "server-timing",
    "set-cookie",
    "ocp-apim-subscription-key",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
};

// A perfect hash over length, first and last letter: one probe and one comparison decide a name.
// The multiplier is found while compiling, so a new name cannot break it unnoticed.
constexpr std::size_t kSlots = 256;

constexpr std::size_t slot_of(std::string_view name, std::uint32_t multiplier) {
  const auto first = static_cast<unsigned char>(name.front() | 0x20);
  const auto last = static_cast<unsigned char>(name.back() | 0x20);
  const std::uint32_t key = static_cast<std::uint32_t>(name.size()) | (std::uint32_t{first} << 8U) |
                            (std::uint32_t{last} << 16U);
  return (key * multiplier) >> 24U;
}

constexpr bool is_perfect(std::uint32_t multiplier) {
  std::array<bool, kSlots> taken{};
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    bool& slot = taken[slot_of(kNames[i], multiplier)];
    if (slot) {
      return false;
    }
    slot = true;
  }
  return true;
}

consteval std::uint32_t find_multiplier() {
  std::uint32_t candidate = 0x9E3779B1U;
  while (!is_perfect(candidate)) {
    candidate = candidate * 1664525U + 1013904223U;  // Numerical Recipes' linear congruence
  }
  return candidate;
}

constexpr std::uint32_t kMultiplier = find_multiplier();

constexpr std::array<HeaderId, kSlots> kTable = [] {
  std::array<HeaderId, kSlots> table{};
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    table[slot_of(kNames[i], kMultiplier)] = static_cast<HeaderId>(i);
  }
  return table;
}();

std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Equal, or apart in bit 0x20 only and that under a letter (the lower-case side has bit 0x40
// there). Exact for every `lower` of lower-case letters, digits and hyphens.
bool same_word(std::uint64_t text, std::uint64_t lower) {
  constexpr std::uint64_t kCaseBits = 0x2020202020202020U;
  const std::uint64_t difference = text ^ lower;
  const bool case_only = (difference & ~kCaseBits) == 0;
  const bool letters_only = ((difference << 1U) & ~lower) == 0;
  return case_only && letters_only;
}

bool same_byte(char text, char lower) {
  const bool is_letter = lower >= 'a' && lower <= 'z';
  return text == lower || (is_letter && text == static_cast<char>(lower - 0x20));
}

}  // namespace

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const std::size_t size = lower.size();
  if (text.size() != size) {
    return false;
  }
  if (size >= kWord) {
    for (std::size_t i = 0; i + kWord <= size; i += kWord) {
      if (!same_word(load(text.data() + i), load(lower.data() + i))) {
        return false;
      }
    }
    // The last word overlaps the one before it.
    return same_word(load(text.data() + size - kWord), load(lower.data() + size - kWord));
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (!same_byte(text[i], lower[i])) {
      return false;
    }
  }
  return true;
}

HeaderId header_id(std::string_view name) {
  if (name.empty()) {
    return HeaderId::kOther;
  }
  const HeaderId candidate = kTable[slot_of(name, kMultiplier)];
  return equals_ignoring_case(name, header_name(candidate)) ? candidate : HeaderId::kOther;
}

std::string_view header_name(HeaderId id) {
  return kNames[static_cast<std::size_t>(id)];
}

}  // namespace penstock::http1

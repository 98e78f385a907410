#include "sidecar/domain/cache_entry.h"

#include <algorithm>
#include <array>

namespace penstock::domain {
namespace {

constexpr std::array<std::string_view, 4> kStorableHeaders = {
    "content-type",
    "content-language",
    "openai-model",
    "openai-version",
};

std::size_t heap_bytes(const std::string& text) {
  constexpr std::size_t kInPlace = 15;  // libstdc++ keeps this much inside the object
  return text.capacity() <= kInPlace ? 0 : text.capacity() + 1;
}

}  // namespace

std::size_t CacheEntry::byte_size() const {
  return sizeof(*this) + heap_bytes(head) + heap_bytes(body) + heap_bytes(model) +
         events.capacity() * sizeof(StoredEvent);
}

bool is_storable_header(std::string_view name) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::any_of(kStorableHeaders, [&](std::string_view storable) {
    return name.size() == storable.size() && std::ranges::equal(name, storable, {}, lower);
  });
}

Millis jittered_ttl(Millis ttl, std::uint32_t jitter_percent, std::uint64_t random) {
  const std::int64_t span = ttl.count() / 100 * std::min<std::uint32_t>(jitter_percent, 100) +
                            ttl.count() % 100 * std::min<std::uint32_t>(jitter_percent, 100) / 100;
  if (span <= 0) {
    return std::max(ttl, Millis(0));
  }
  const auto width = static_cast<std::uint64_t>(span) + 1;
  return ttl - Millis(static_cast<std::int64_t>(random % width));
}

}  // namespace penstock::domain

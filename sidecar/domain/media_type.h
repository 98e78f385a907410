#pragma once

#include <string_view>

namespace penstock::domain {

// Whether a Content-Type's value names `type` ("text/event-stream"), whatever its case and
// parameters. REQUIRES: `type` is lower case.
[[nodiscard]] constexpr bool is_media_type(std::string_view value, std::string_view type) {
  const std::string_view name = value.substr(0, value.find(';'));
  std::size_t end = name.size();
  while (end > 0 && (name[end - 1] == ' ' || name[end - 1] == '\t')) {
    --end;
  }
  if (end != type.size()) {
    return false;
  }
  for (std::size_t i = 0; i < end; ++i) {
    const char c = name[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != type[i]) {
      return false;
    }
  }
  return true;
}

[[nodiscard]] constexpr bool is_event_stream(std::string_view value) {
  return is_media_type(value, "text/event-stream");
}

}  // namespace penstock::domain

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::json {

// UTF-8 text as one line of at most `bytes_max`: control characters, line breaks among them, and
// spaces become one space where they stand together, none at both ends. Cut between characters.
inline std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line;
  bool is_apart = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20U || byte == 0x7fU) {
      is_apart = true;
      continue;
    }
    if (is_apart && !line.empty()) {
      line += ' ';
    }
    is_apart = false;
    line += c;
  }
  if (line.size() > bytes_max) {
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(line[size]) & 0xc0U) == 0x80U) {
      --size;
    }
    line.resize(size);
  }
  return line;
}

}  // namespace penstock::json

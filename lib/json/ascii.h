#pragma once

#include <string>
#include <string_view>

namespace penstock::json {

// A to Z only; every other byte stays, so UTF-8 does too.
inline std::string lower_ascii(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

}  // namespace penstock::json

#include "sidecar/http1/field_syntax.h"

#include <algorithm>
#include <cstdint>

namespace penstock::http1 {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_port(std::string_view text) {
  constexpr std::uint32_t kPortMax = 65535;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > kPortMax) {
      return false;
    }
  }
  return true;  // "host:" with an empty port is valid
}

bool is_name_byte(char c) {
  constexpr std::string_view kMarks = "-._~!$&'()*+;=";
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_registered_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (!is_name_byte(text[i])) {
      return false;
    }
  }
  return !text.empty();
}

bool is_ipv6(std::string_view text) {
  const auto allowed = [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; };
  return text.find(':') != std::string_view::npos && std::all_of(text.begin(), text.end(), allowed);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) {
      return false;
    }
    const std::string_view rest = text.substr(close + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  const auto colon = text.find(':');
  const bool port_ok = colon == std::string_view::npos || is_port(text.substr(colon + 1));
  return port_ok && is_registered_name(text.substr(0, colon));
}

}  // namespace penstock::http1

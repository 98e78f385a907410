#pragma once

#include <string_view>

#include "sidecar/http1/byte_scan.h"

// Small pieces of HTTP's grammar (RFC 9110 §5), shared by the head parser, the chunk scanner and
// the writers.
namespace penstock::http1 {

inline bool is_ows(char c) {
  return c == ' ' || c == '\t';
}

inline std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_ows(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && skip_token(text.begin(), text.end()) == text.end();
}

inline bool is_field_value(std::string_view text) {
  return skip_field_value(text.begin(), text.end()) == text.end();
}

// Whether two field names are the same field.
bool same_name(std::string_view a, std::string_view b);

// Whether `text` is `host [":" port]` as a Host field or an absolute target may carry it: a name,
// an IPv4 address or a bracketed IPv6 address, and a port up to 65535. Never empty, no user info.
// Stricter than RFC 3986 in one point: no comma, which joined Host fields would leave behind.
bool is_authority(std::string_view text);

// Calls visit(member) for each non-empty member of a comma-separated list, trimmed.
template <class Visit>
void for_each_list_member(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view member = trim_ows(list.substr(0, comma));
    if (!member.empty()) {
      visit(member);
    }
    if (comma == std::string_view::npos) {
      return;
    }
    list.remove_prefix(comma + 1);
  }
}

}  // namespace penstock::http1

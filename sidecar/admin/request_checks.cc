#include "sidecar/admin/request_checks.h"

#include <charconv>
#include <cstddef>

namespace penstock::admin {
namespace {

constexpr std::string_view kScheme = "bearer ";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string_view bearer_token(std::string_view authorization) {
  if (authorization.size() <= kScheme.size()) {
    return {};
  }
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if (lower(authorization[i]) != kScheme[i]) {
      return {};
    }
  }
  authorization.remove_prefix(kScheme.size());
  const std::size_t start = authorization.find_first_not_of(' ');
  return start == std::string_view::npos ? std::string_view() : authorization.substr(start);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  int difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int differs = static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    difference |= differs;
  }
  return difference == 0;
}

bool is_local_host(std::string_view host) {
  if (host.empty() || host.starts_with('[')) {
    return true;
  }
  const std::string_view name = host.substr(0, host.find(':'));
  return name == "localhost" ||
         (!name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = parameter.find('=');
    if (decoded(parameter.substr(0, equals)) == name) {
      return equals == std::string_view::npos ? std::string()
                                              : decoded(parameter.substr(equals + 1));
    }
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return std::nullopt;
}

}  // namespace penstock::admin

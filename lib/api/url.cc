#include "lib/api/url.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include <arpa/inet.h>

#include "lib/json/ascii.h"

namespace penstock::api {
namespace {

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

constexpr std::size_t kUrlBytesMax = 2'048;

std::unexpected<Error> bad(std::string detail) {
  return fail(ErrorCode::kInvalidConfig, std::move(detail));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_address(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

// `host` in lower case. Underscores occur in real Service names of other systems.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) {
    return false;
  }
  std::string_view last;
  for (std::string_view rest = host;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    const bool valid = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                       label.back() != '-' && std::ranges::all_of(label, [](char c) {
                         return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
                       });
    if (!valid) {
      return false;
    }
    last = label;
    if (dot == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(dot + 1);
  }
  // "1.2.3" or "10.0.0.256" is a mistyped address, never a name.
  return !std::ranges::all_of(last, is_digit) || is_address(AF_INET, std::string(host));
}

Result<std::string> take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    std::string host =
        json::lower_ascii(authority.substr(1, end == std::string_view::npos ? 0 : end - 1));
    if (!is_address(AF_INET6, host)) {
      return bad("holds an invalid IPv6 address between the brackets");
    }
    authority.remove_prefix(end + 1);
    return host;
  }
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  std::string host = json::lower_ascii(authority.substr(0, colon));
  authority.remove_prefix(colon);
  if (authority.find(':', 1) != std::string_view::npos) {
    return bad("must hold an IPv6 address in brackets, such as http://[::1]:8000");
  }
  if (!is_host_name(host)) {
    return bad("must name a host, such as https://api.openai.com");
  }
  return host;
}

Result<std::uint16_t> take_port(std::string_view rest, bool https) {
  if (rest.empty()) {
    return static_cast<std::uint16_t>(https ? 443 : 80);
  }
  unsigned port = 0;
  const char* const end = rest.data() + rest.size();
  const auto [parsed, error] = std::from_chars(rest.data() + 1, end, port);
  if (rest.front() != ':' || error != std::errc() || parsed != end || port < 1 || port > 65'535) {
    return bad("must hold a port from 1 to 65535 after the host, or none");
  }
  return static_cast<std::uint16_t>(port);
}

Result<std::string> take_path(std::string_view path) {
  if (path.find_first_of("?#") != std::string_view::npos) {
    return bad("must hold no query and no fragment");
  }
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const bool printable = std::ranges::all_of(path, [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  if (!printable || path.find("//") != std::string_view::npos) {
    return bad("holds a path with empty segments or characters that must be escaped");
  }
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    if (segment == "." || segment == "..") {
      return bad("must hold no . or .. in its path");
    }
    rest.remove_prefix(end);
  }
  return std::string(path);
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlBytesMax) {
    return bad("must be at most " + std::to_string(kUrlBytesMax) + " bytes long");
  }
  const std::size_t colon = text.find("://");
  const std::string scheme = json::lower_ascii(text.substr(0, std::min(colon, text.size())));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return bad("must begin with http:// or https://");
  }
  Url url;
  url.https = scheme == "https";
  text.remove_prefix(colon + 3);
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return bad("must hold no credentials; a backend's go into credentials.secretRef");
  }
  Result<std::string> host = take_host(authority);
  if (!host) {
    return std::unexpected(std::move(host).error());
  }
  const Result<std::uint16_t> port = take_port(authority, url.https);
  if (!port) {
    return std::unexpected(port.error());
  }
  Result<std::string> path = take_path(text.substr(authority_end));
  if (!path) {
    return std::unexpected(std::move(path).error());
  }
  url.host = std::move(*host);
  url.port = *port;
  url.base_path = std::move(*path);
  return url;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool is_ip_address(std::string_view host) {
  const std::string text(host);
  return is_address(AF_INET, text) || is_address(AF_INET6, text);
}

bool is_host_alone(std::string_view text) {
  const auto may_stand = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return std::ranges::all_of(text, may_stand) &&
         text.find_first_not_of("0123456789") != std::string_view::npos;
}

bool may_begin_port(char c) {
  return !is_letter(c) && !std::string_view("/.~-").contains(c);
}

}  // namespace penstock::api

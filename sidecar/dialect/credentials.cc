#include "sidecar/dialect/credentials.h"

#include <algorithm>
#include <array>

namespace penstock::dialect {
namespace {

// Google's; gateways' and engines'; OAuth 2.0's (RFC 6750, 2.3); Azure API Management's.
constexpr std::array<std::string_view, 6> kParameters = {
    "key", "api_key", "api-key", "apikey", "access_token", "subscription-key"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool holds_credential(std::string_view parameter) {
  const std::string_view name = parameter.substr(0, parameter.find('='));
  return std::ranges::any_of(kParameters, [name](std::string_view known) {
    return std::ranges::equal(name, known, {}, lower);
  });
}

}  // namespace

std::optional<std::string> without_credentials(std::string_view path) {
  const std::size_t question = path.find('?');
  if (question == std::string_view::npos) {
    return std::nullopt;
  }
  std::string kept(path.substr(0, question));
  char before = '?';
  bool found = false;
  std::string_view rest = path.substr(question + 1);
  for (bool more = true; more;) {
    const std::size_t end = rest.find('&');
    more = end != std::string_view::npos;
    const std::string_view parameter = rest.substr(0, end);
    if (holds_credential(parameter)) {
      found = true;
    } else {
      kept.append(1, before).append(parameter);
      before = '&';
    }
    rest = more ? rest.substr(end + 1) : std::string_view{};
  }
  return found ? std::optional(std::move(kept)) : std::nullopt;
}

}  // namespace penstock::dialect

#include "sidecar/dialect/credentials.h"

#include <algorithm>
#include <array>

namespace penstock::dialect {
namespace {

// Google's; gateways' and engines'; OAuth 2.0's (RFC 6750, 2.3).
constexpr std::array<std::string_view, 5> kKeys = {"key", "api_key", "api-key", "apikey",
                                                   "access_token"};
// Azure API Management's, which stands beside a key.
constexpr std::string_view kGatewayKey = "subscription-key";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_name(std::string_view name, std::string_view known) {
  return std::ranges::equal(name, known, {}, lower);
}

bool holds_credential(std::string_view parameter, GatewayKeys gateway_keys) {
  const std::string_view name = parameter.substr(0, parameter.find('='));
  return (gateway_keys == GatewayKeys::kGo && is_name(name, kGatewayKey)) ||
         std::ranges::any_of(kKeys,
                             [name](std::string_view known) { return is_name(name, known); });
}

// Takes the first parameter off.
std::string_view take_parameter(std::string_view& query) {
  const std::size_t end = query.find('&');
  const std::string_view parameter = query.substr(0, end);
  query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  return parameter;
}

bool holds_any(std::string_view query, GatewayKeys gateway_keys) {
  while (!query.empty()) {
    if (holds_credential(take_parameter(query), gateway_keys)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> without_credentials(std::string_view path, GatewayKeys gateway_keys) {
  const std::size_t question = path.find('?');
  if (question == std::string_view::npos || !holds_any(path.substr(question + 1), gateway_keys)) {
    return std::nullopt;
  }
  std::string kept;
  kept.reserve(path.size());
  kept += path.substr(0, question);
  char before = '?';
  std::string_view rest = path.substr(question + 1);
  for (bool more = true; more;) {
    more = rest.contains('&');
    const std::string_view parameter = take_parameter(rest);
    if (!holds_credential(parameter, gateway_keys)) {
      kept.append(1, before).append(parameter);
      before = '&';
    }
  }
  return kept;
}

}  // namespace penstock::dialect

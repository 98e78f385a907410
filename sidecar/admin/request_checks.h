#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::admin {

// The token of "Bearer <token>" (scheme in any case); empty where it is something else.
[[nodiscard]] std::string_view bearer_token(std::string_view authorization);

// Takes the same time wherever two texts of equal length differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// Whether a Host value cannot be a name under somebody's DNS: an IP address, "localhost", or
// nothing. Port allowed.
[[nodiscard]] bool is_local_host(std::string_view host);

// The decoded value of the first parameter `name`; nullopt: absent. '+' is a space; a broken
// %-escape stays as it is.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace penstock::admin

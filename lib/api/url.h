#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"

namespace penstock::api {

// The base URL of a backend.
struct Url {
  bool https = false;
  std::string host;  // lower case; a name, an IPv4 address or an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string base_path;  // "" or "/prefix", never with a slash at the end
  bool operator==(const Url&) const = default;
};

// http or https only. Refused: credentials, query, fragment, "..", empty path segments, a zone id,
// characters that need escaping. The error's detail completes "spec.backends[0].url …" and never
// repeats the text.
Result<Url> parse_url(std::string_view text);

// Whether `host`, as in Url, is of this machine alone: localhost, ::1, 127.x.y.z.
bool is_loopback(std::string_view host);

// Whether `host`, as in Url, is an address and no name.
bool is_ip_address(std::string_view host);

// Whether this is a host without a port: "0.0.0.0", "node-1"; not "8000", "::" or "my_host".
bool is_host_alone(std::string_view text);

// Whether a port, quoted or a variable that stands for one, may begin so. What other programs give
// to a short flag of an engine's begins otherwise: "mkdir -p /data".
bool may_begin_port(char c);

}  // namespace penstock::api

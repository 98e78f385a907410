#pragma once

#include <string>

#include "lib/result/result.h"

namespace penstock::control {

// Where a listener of the operator is; a port of 0 means that there is none.
struct ListenAddress {
  std::string host;
  int port = 0;
};

// "ADDR:PORT", "[ADDR]:PORT"; ":PORT" for all addresses, of both families where the machine has
// IPv6; "off". Errors name `flag`.
Result<ListenAddress> parse_listen_address(const std::string& flag, const std::string& text);

}  // namespace penstock::control

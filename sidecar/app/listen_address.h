#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"

namespace penstock::app {

struct ListenAddress {
  std::string host;  // without brackets; "" for every address of both families
  std::uint16_t port = 0;
  [[nodiscard]] bool loopback() const;
  // Whether what is sent to port `at` of `to`, an address or "localhost", comes to it. Of the
  // machine's own addresses only those of loopback are known as such.
  [[nodiscard]] bool takes(std::string_view to, std::uint16_t at) const;
  [[nodiscard]] std::string text() const;
};

// "127.0.0.1:8080", "[::1]:8080", ":8080", "8080".
Result<ListenAddress> parse_listen_address(const std::string& text);

}  // namespace penstock::app

#include "sidecar/app/listen_address.h"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "lib/api/url.h"

namespace penstock::app {

bool ListenAddress::loopback() const {
  return api::is_loopback(host);
}

bool ListenAddress::takes(std::string_view to, std::uint16_t at) const {
  const bool everywhere = host.empty() || host == "0.0.0.0" || host == "::";
  return port == at && (everywhere ? api::is_loopback(to) : to == host);
}

std::string ListenAddress::text() const {
  const std::string shown = host.contains(':') ? "[" + host + "]" : host;
  return shown + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string_view port =
      std::string_view(text).substr(colon == std::string::npos ? 0 : colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return fail(ErrorCode::kInvalidConfig, "put an IPv6 address in brackets: [::1]:8080");
  }
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || port.empty()) {
    return fail(ErrorCode::kInvalidConfig,
                "\"" + text + "\" is no address: want ADDR:PORT, as 127.0.0.1:8080");
  }
  return ListenAddress{host, number};
}

}  // namespace penstock::app

#include "sidecar/app/listen_address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <system_error>

#include <arpa/inet.h>

#include "lib/api/url.h"

namespace penstock::app {
namespace {

constexpr std::string_view kLocalhost = "localhost";
constexpr std::string_view kLoopback4 = "127.0.0.1";
constexpr std::string_view kLoopback6 = "::1";

struct Address {
  int family = AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};  // of IPv4 the first four

  bool operator==(const Address&) const = default;
  // Every one of the family to listen at; to connect to, it means loopback.
  [[nodiscard]] bool any() const { return bytes == decltype(bytes){}; }
  [[nodiscard]] bool loopback() const {
    const auto front = std::span(bytes).first<15>();
    return family == AF_INET ? bytes[0] == 127
                             : bytes[15] == 1 && std::ranges::count(front, 0) == 15;
  }
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string address(text);
  Address parsed;
  if (::inet_pton(AF_INET, address.c_str(), parsed.bytes.data()) == 1) {
    return parsed;
  }
  in6_addr ipv6{};
  if (::inet_pton(AF_INET6, address.c_str(), &ipv6) != 1) {
    return std::nullopt;
  }
  if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
    std::copy_n(ipv6.s6_addr + 12, 4, parsed.bytes.begin());
    return parsed;
  }
  parsed.family = AF_INET6;
  std::ranges::copy(ipv6.s6_addr, parsed.bytes.begin());
  return parsed;
}

// Whether what is sent to the address `to` comes to who listens at `host`, as Listener does.
bool reaches(std::string_view to, std::string_view host) {
  std::optional<Address> target = parse_address(to);
  if (target && target->any()) {
    target = parse_address(target->family == AF_INET ? kLoopback4 : kLoopback6);
  }
  if (!target || host.empty()) {
    return target && target->loopback();
  }
  const auto at = parse_address(host == kLocalhost ? kLoopback4 : host);
  return at && (at->any() ? at->family == target->family && target->loopback() : *at == *target);
}

}  // namespace

bool ListenAddress::loopback() const {
  return api::is_loopback(host);
}

bool ListenAddress::takes(std::string_view to, std::uint16_t at) const {
  if (port != at) {
    return false;
  }
  if (to == kLocalhost) {  // either, whichever answers
    return host.empty() || reaches(kLoopback4, host) || reaches(kLoopback6, host);
  }
  return reaches(to, host);
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

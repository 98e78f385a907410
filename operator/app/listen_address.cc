#include "operator/app/listen_address.h"

#include <charconv>

#include <sys/socket.h>

#include "lib/net/descriptor.h"

namespace penstock::control {
namespace {

// httplib takes calls of both families on this one; a kernel without IPv6 knows no such sockets.
std::string all_addresses() {
  const net::Descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return socket.open() ? "::" : "0.0.0.0";
}

}  // namespace

Result<ListenAddress> parse_listen_address(const std::string& flag, const std::string& text) {
  if (text == "off") {
    return ListenAddress{};
  }
  const std::size_t colon = text.rfind(':');
  int port = 0;
  if (colon != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data() + colon + 1, end, port);
    port = error == std::errc() && parsed == end ? port : 0;
  }
  if (port < 1 || port > 65'535) {
    return fail(ErrorCode::kInvalidConfig, flag + " must be ADDR:PORT, or off");
  }
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return ListenAddress{host.empty() ? all_addresses() : host, port};
}

}  // namespace penstock::control

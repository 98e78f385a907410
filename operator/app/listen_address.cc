#include "operator/app/listen_address.h"

#include <charconv>

namespace penstock::control {

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
  const std::string host = text.substr(0, colon);
  return ListenAddress{host.empty() ? "0.0.0.0" : host, port};
}

}  // namespace penstock::control

#include "lib/api/proxy_variables.h"

#include "lib/json/ascii.h"

namespace penstock::api {

bool names_proxy(std::string_view variable) {
  const std::string name = json::lower_ascii(variable);
  return name == "http_proxy" || name == "https_proxy" || name == "all_proxy";
}

bool exempts_loopback(std::string_view variable, std::string_view value) {
  if (json::lower_ascii(variable) != "no_proxy") {
    return false;
  }
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    std::string_view host = value.substr(0, comma);
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    while (host.starts_with(' ')) {
      host.remove_prefix(1);
    }
    while (host.ends_with(' ')) {
      host.remove_suffix(1);
    }
    if (host == "127.0.0.1" || host == "*") {
      return true;
    }
  }
  return false;
}

}  // namespace penstock::api

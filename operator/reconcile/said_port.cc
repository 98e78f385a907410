#include "operator/reconcile/said_port.h"

#include <charconv>
#include <optional>

#include "lib/api/url.h"
#include "operator/reconcile/container_options.h"

namespace penstock::reconcile {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = error == std::errc() && end == text.data() + text.size() && port > 0;
  return good && port <= 65'535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

Said read_options(const Container& container, const EngineShape& shape) {
  Said said;
  for (const std::string& option : {shape.flag, shape.flag_alias}) {
    for (const std::string_view value : values_of(container, option)) {
      if (option == shape.flag_alias && !value.empty() && !api::may_begin_port(value.front())) {
        continue;
      }
      said.by = option;
      if (const auto port = parse_port(resolved(container, value))) {
        said.ports.insert(*port);
      } else {
        said.unread = option;
      }
    }
  }
  return said;
}

Said read_variable(const Container& container, const EngineShape& shape, std::uint16_t usual) {
  Said said;
  if (shape.env.empty()) {
    return said;
  }
  const EnvVar* variable = variable_of(container, shape.env);
  if (variable == nullptr) {
    said.unread = container.has_env_from ? "envFrom, which may set " + shape.env : "";
    return said;
  }
  said.by = shape.env;
  const std::string_view value = variable->value;
  std::optional<std::uint16_t> port;
  if (shape.env_host.empty() || parse_port(value)) {
    port = parse_port(value);
  } else if (const std::size_t colon = value.rfind(':'); colon != value.npos) {
    port = parse_port(value.substr(colon + 1));
  } else if (api::is_host_alone(value)) {
    port = usual;
  }
  if (port && *port != 0) {
    said.ports.insert(*port);
  } else {
    said.unread = shape.env;
  }
  return said;
}

}  // namespace

Said read_port(const Container& container, const EngineShape& shape, std::uint16_t usual) {
  Said said = read_options(container, shape);
  return said.by.empty() ? read_variable(container, shape, usual) : said;
}

}  // namespace penstock::reconcile

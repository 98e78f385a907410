#include "operator/reconcile/engine_address.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "operator/reconcile/container_options.h"

namespace penstock::reconcile {
namespace {

bool is_reached(std::string_view host) {
  constexpr std::array<std::string_view, 5> kReached = {"0.0.0.0", "::", "[::]", "localhost",
                                                        "127.0.0.1"};
  return std::ranges::find(kReached, host) != kReached.end();
}

// Scripts quote values.
std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() > 1 && text.front() == text.back() &&
                         (text.front() == '\'' || text.front() == '"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// "[::]" of "http://[::]:8000". Empty: it says a port alone.
std::string_view host_of(std::string_view address) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    address.remove_prefix(address.starts_with(scheme) ? scheme.size() : 0);
  }
  if (address.find_first_not_of("0123456789") == address.npos) {
    return {};
  }
  return is_reached(address) ? address : address.substr(0, address.rfind(':'));
}

}  // namespace

std::string unreached_by(const Container& container, const KnownEngine& engine) {
  const std::vector<std::string_view> options = values_of(container, engine.host_flag);
  if (!options.empty()) {  // which goes before the variable
    const bool reached = std::ranges::all_of(options, [&container](std::string_view option) {
      return is_reached(resolved(container, unquoted(option)));
    });
    return reached ? "" : std::string(engine.host_flag);
  }
  const EnvVar* variable = variable_of(container, engine.host_env);
  if (variable == nullptr) {
    return "";
  }
  const std::string_view host = host_of(resolved(container, variable->value));
  const bool reached =
      !variable->from_elsewhere && (host.empty() || is_reached(resolved(container, host)));
  return reached ? "" : std::string(engine.host_env);
}

}  // namespace penstock::reconcile

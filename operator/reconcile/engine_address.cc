#include "operator/reconcile/engine_address.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "lib/api/port_words.h"
#include "operator/reconcile/container_options.h"

namespace penstock::reconcile {
namespace {

bool is_reached(std::string_view host) {
  constexpr std::array<std::string_view, 5> kReached = {"0.0.0.0", "::", "[::]", "localhost",
                                                        "127.0.0.1"};
  return std::ranges::find(kReached, host) != kReached.end();
}

// Scripts quote values, and end commands behind them.
std::string_view bare(std::string_view text) {
  const std::string_view ends = text.contains('(') ? ";&" : ";&)";
  while (!text.empty() && ends.contains(text.back())) {
    text.remove_suffix(1);
  }
  const bool is_quoted = text.size() > 1 && text.front() == text.back() &&
                         (text.front() == '\'' || text.front() == '"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// The variable that the text stands for, where nobody here knows its value.
bool is_from_elsewhere(const Container& container, std::string_view text) {
  return std::ranges::any_of(container.env, [text](const EnvVar& variable) {
    return variable.from_elsewhere && api::refers_to(text, variable.name);
  });
}

// A pod's own address is one that comes from elsewhere. What a shell makes of a variable that is
// not among the container's nobody knows, and most say 0.0.0.0.
bool is_elsewhere(const Container& container, const KnownEngine& engine, std::string_view host) {
  const std::string_view said = resolved(container, host);
  if (said.contains('$')) {
    return is_from_elsewhere(container, said);
  }
  const bool misses_ipv4 = engine.ipv6_alone && (said == "::" || said == "[::]");
  return !said.empty() && (misses_ipv4 || !is_reached(said));
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
    const bool elsewhere = std::ranges::any_of(options, [&](std::string_view option) {
      return is_elsewhere(container, engine, bare(option));
    });
    return elsewhere ? std::string(engine.host_flag) : "";
  }
  const EnvVar* variable = variable_of(container, engine.host_env);
  if (variable == nullptr) {
    return "";
  }
  const std::string_view host = host_of(resolved(container, variable->value));
  return variable->from_elsewhere || is_elsewhere(container, engine, host)
             ? std::string(engine.host_env)
             : "";
}

}  // namespace penstock::reconcile

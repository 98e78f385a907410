#include "operator/reconcile/engine_address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/port_words.h"
#include "lib/api/url.h"
#include "operator/reconcile/container_options.h"

namespace penstock::reconcile {
namespace {

bool is_reached(std::string_view host) {
  constexpr std::array<std::string_view, 5> kReached = {"0.0.0.0", "::", "[::]", "localhost",
                                                        "127.0.0.1"};
  return std::ranges::find(kReached, host) != kReached.end();
}

// In brackets, too.
bool is_ip_address(std::string_view host) {
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  return api::is_ip_address(is_bracketed ? host.substr(1, host.size() - 2) : host);
}

// Without what stands against it in a script: quotes, and what ends a word there.
std::string_view bare(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("'\"\\"), text.size()));
  const std::size_t end = text.find_first_of(";&|)<>'\"\\");
  const bool is_part = end != text.npos && text[end] == ')' && text.starts_with("$(");
  return text.substr(0, is_part ? end + 1 : end);
}

// Whether such a variable may hold an address at which the sidecar does not reach the engine.
bool may_hold_address(const EnvVar& variable, const KnownEngine& engine) {
  constexpr std::array<std::string_view, 4> kAddresses = {"status.podIP", "status.podIPs",
                                                          "status.hostIP", "status.hostIPs"};
  return variable.from_elsewhere &&
         (!engine.any_name_is_all ||
          std::ranges::find(kAddresses, variable.field_path) != kAddresses.end());
}

// "${NAME:-0.0.0.0}" and its like beside what api::refers_to() knows.
bool refers_to(std::string_view text, const std::string& name) {
  return api::refers_to(text, name) ||
         std::ranges::any_of(std::string_view(":-?=+"), [&](char otherwise) {
           return text.contains("${" + name + otherwise);
         });
}

// "$(hostname -i)", "`/bin/hostname`".
bool prints_hostname(std::string_view text) {
  constexpr std::string_view kProgram = "hostname";
  const std::size_t at = text.find(kProgram);
  const bool is_command = text.contains("$(") || text.contains('`');
  return is_command && at != text.npos && at > 0 && std::string_view("(`/").contains(text[at - 1]);
}

// Another command of a script, which is an argument of several words, may be given a name.
bool is_of_script(const Container& container, std::string_view text) {
  const auto holds = [text](const std::string& argument) {
    const std::less_equal<const char*> before;
    return before(argument.data(), text.data()) &&
           before(text.data() + text.size(), argument.data() + argument.size()) &&
           argument.find_first_of(" \t\n") != argument.npos;
  };
  return std::ranges::any_of(container.command, holds) ||
         std::ranges::any_of(container.args, holds);
}

// The pod's own address comes from elsewhere, or is that of its name: what `hostname` prints, or
// HOSTNAME holds where the container does not set it.
bool is_own_address(const Container& container, const KnownEngine& engine, std::string_view text) {
  const bool is_name = !engine.any_name_is_all && refers_to(text, "HOSTNAME") &&
                       variable_of(container, "HOSTNAME") == nullptr;
  return is_name || prints_hostname(text) ||
         std::ranges::any_of(container.env, [&](const EnvVar& variable) {
           return may_hold_address(variable, engine) && refers_to(text, variable.name);
         });
}

// What a shell makes of anything else nobody knows, and most say 0.0.0.0. `names_count`: it is
// the engine that is given the name.
bool is_elsewhere(const Container& container, const KnownEngine& engine, std::string_view host,
                  bool names_count) {
  const std::string_view said = resolved(container, host);
  if (said.contains('$') || said.contains('`')) {
    return is_own_address(container, engine, said);
  }
  const bool misses_ipv4 = engine.ipv6_alone && (said == "::" || said == "[::]");
  const bool is_good = said.empty() || (is_reached(said) && !misses_ipv4);
  return !is_good && ((names_count && !engine.any_name_is_all) || is_ip_address(said));
}

// "[::]" of "http://[::]:8000". Empty: it says a port alone.
std::string_view host_of(std::string_view address) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    address.remove_prefix(address.starts_with(scheme) ? scheme.size() : 0);
  }
  if (address.find_first_not_of("0123456789") == address.npos) {
    return {};
  }
  return is_ip_address(address) ? address : address.substr(0, address.rfind(':'));
}

}  // namespace

std::string unreached_by(const Container& container, const KnownEngine& engine) {
  const std::vector<std::string_view> options = values_of(container, engine.host_flag);
  if (!options.empty()) {  // which goes before the variable
    const bool elsewhere = std::ranges::any_of(options, [&](std::string_view option) {
      return is_elsewhere(container, engine, bare(option), !is_of_script(container, option));
    });
    return elsewhere ? std::string(engine.host_flag) : "";
  }
  const EnvVar* variable = variable_of(container, engine.host_env);
  if (variable == nullptr) {
    return "";
  }
  const std::string_view host = host_of(resolved(container, variable->value));
  return may_hold_address(*variable, engine) || is_elsewhere(container, engine, host, true)
             ? std::string(engine.host_env)
             : "";
}

}  // namespace penstock::reconcile

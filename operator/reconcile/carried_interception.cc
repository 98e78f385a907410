#include "operator/reconcile/carried_interception.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "lib/json/write.h"
#include "operator/reconcile/status_of.h"

namespace penstock::reconcile {
namespace {

using api::InterceptionMode;

// What follows `flag` in the sidecar's arguments; empty: nothing does.
std::string argument(const json::Value& container, std::string_view flag) {
  const json::Value args =
      container.is_object() ? container.value("args", json::Value::array()) : json::Value::array();
  for (std::size_t i = 0; i + 1 < args.size(); ++i) {
    if (args[i].is_string() && args[i].get<std::string>() == flag && args[i + 1].is_string()) {
      return args[i + 1].get<std::string>();
    }
  }
  return {};
}

std::optional<std::uint16_t> port(const std::string& text) {
  std::uint16_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value == 0 ? std::nullopt : std::optional(value);
}

template <class T>
bool allows(const std::optional<T>& asked, const T& is) {
  return !asked || *asked == is;
}

// Whether the policy would be content with it.
bool fits(const api::InterceptionSpec& spec, const Interception& carried) {
  if (spec.mode != InterceptionMode::kAuto && spec.mode != carried.mode) {
    return false;
  }
  if (carried.environment) {
    return carried.environment->override_all == spec.environment.override_all;
  }
  if (!carried.ports) {  // of the engine nothing but its place is known
    return allows(spec.engine.container, carried.redirects) &&
           allows(spec.engine.port, *carried.to.engine_port);
  }
  const api::PortSwapStatus& ports = *carried.ports;
  // Where the engine keeps its port, how it would take another is not noted.
  const bool moves = carried.mode == InterceptionMode::kPortSwap;
  return allows(spec.engine.container, ports.container) && allows(spec.engine.port, ports.from) &&
         (!moves || (allows(spec.engine.flag, ports.flag) && allows(spec.engine.env, ports.env)));
}

}  // namespace

std::optional<Interception> carried_interception(const Policy& policy, const Settings& settings) {
  const api::OptimizationPolicyStatus status = status_of(policy);
  const auto mode = json::parse_enum<InterceptionMode>(status.interception);
  if (!status.injection || !mode) {
    return std::nullopt;
  }
  const json::Value& sidecar = status.injection->container;
  Interception carried{.mode = *mode,
                       .ports = status.injection->port_swap,
                       .redirects = status.injection->engine_container,
                       .probes = status.injection->probe_move,
                       .environment = status.injection->environment};
  if (carried.environment) {
    carried.to.providers = {.openai = argument(sidecar, "--openai-url"),
                            .anthropic = argument(sidecar, "--anthropic-url")};
  } else {
    carried.to.engine_port = port(argument(sidecar, "--engine-port"));
  }
  const bool is_whole = carried.environment ? !carried.to.providers->openai.empty()
                                            : carried.to.engine_port.has_value() &&
                                                  (*mode == InterceptionMode::kRedirect) ==
                                                      carried.probes.has_value();
  // Where it names the sidecar's own port, by which pods of another setting would miss it.
  const bool has_port =
      *mode == InterceptionMode::kPortSwap ||
      argument(sidecar, "--listen").ends_with(":" + std::to_string(settings.bind_port));
  const bool fitting = is_whole && has_port && fits(policy.parsed.interception, carried);
  return fitting ? std::optional(std::move(carried)) : std::nullopt;
}

bool selects_as_before(const Policy& policy) {
  const api::OptimizationPolicyStatus before = status_of(policy);
  return before.injection &&
         json::write(before.injection->selector) == json::write(policy.parsed.selector);
}

}  // namespace penstock::reconcile

#include "operator/reconcile/pod_ports.h"

#include <map>
#include <string_view>
#include <vector>

namespace penstock::reconcile {
namespace {

// Added to the engine's port where it moves; taken off where that leaves the range.
constexpr int kDistance = 10'000;
constexpr int kFirst = 1'024;  // that needs no privilege
constexpr int kLast = 65'535;

// Containers by the ports that they declare, those included that run before the others: the sidecar
// runs beside these as well.
std::map<std::int64_t, std::string_view> declared_ports(const PodTemplate& pods) {
  std::map<std::int64_t, std::string_view> result;
  for (const auto* containers : {&pods.containers, &pods.init_containers}) {
    for (const Container& container : *containers) {
      for (const Port& port : container.ports) {
        result.emplace(port.number, container.name);
      }
    }
  }
  return result;
}

struct OwnPort {
  std::uint16_t number = 0;
  std::string_view name;
  std::string_view value;  // of the chart, which says another; empty: none does
};

std::vector<OwnPort> own_ports(const Interception& interception, const Settings& settings) {
  std::vector<OwnPort> result = {{settings.status_port, "status", "sidecar.statusPort"},
                                 {kAdminPort, "admin", ""}};
  if (interception.mode != api::InterceptionMode::kPortSwap) {
    result.push_back({settings.bind_port, "data", "sidecar.bindPort"});
  }
  return result;
}

}  // namespace

std::optional<std::uint16_t> free_port(const PodTemplate& pods, std::uint16_t port,
                                       const Settings& settings) {
  auto taken = declared_ports(pods);
  for (const std::uint16_t ours : {settings.status_port, settings.bind_port, kAdminPort, port}) {
    taken.emplace(ours, "");
  }
  int moved = port + (port + kDistance <= kLast ? kDistance : -kDistance);
  for (int tried = kFirst; tried <= kLast; ++tried) {
    if (!taken.contains(moved)) {
      return static_cast<std::uint16_t>(moved);
    }
    moved = moved == kLast ? kFirst : moved + 1;
  }
  return std::nullopt;
}

std::string port_clash(const PodTemplate& pods, const Interception& interception,
                       const Settings& settings) {
  auto taken = declared_ports(pods);
  if (interception.ports) {
    taken.emplace(interception.ports->from, interception.ports->container);
  } else if (interception.to.engine_port) {
    taken.emplace(*interception.to.engine_port, interception.redirects);
  }
  for (const OwnPort& own : own_ports(interception, settings)) {
    const auto found = taken.find(own.number);
    if (found == taken.end()) {
      continue;
    }
    std::string text = "port " + std::to_string(own.number) + " is the sidecar's own (" +
                       std::string(own.name) + "), and ";
    text += found->second.empty() ? "the engine" : "container " + std::string(found->second);
    text += " has it; give that another";
    return own.value.empty()
               ? text
               : text + ", or the sidecar: " + std::string(own.value) + " of the chart";
  }
  return "";
}

}  // namespace penstock::reconcile

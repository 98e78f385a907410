#include "operator/webhook/port_pointers.h"

#include <algorithm>
#include <array>

#include "operator/kube/object_meta.h"

namespace penstock::webhook {
namespace {

using json::Value;
using kube::list_of;

// Every place of a container that may point to one of its ports, by number or name.
constexpr std::array<const char*, 11> kPointers = {
    "/livenessProbe/httpGet/port",     "/livenessProbe/tcpSocket/port",
    "/livenessProbe/grpc/port",        "/readinessProbe/httpGet/port",
    "/readinessProbe/tcpSocket/port",  "/readinessProbe/grpc/port",
    "/startupProbe/httpGet/port",      "/startupProbe/tcpSocket/port",
    "/startupProbe/grpc/port",         "/lifecycle/postStart/httpGet/port",
    "/lifecycle/preStop/httpGet/port",
};

}  // namespace

bool is_tcp_port(const Value& declared, std::int64_t port) {
  const std::string protocol = kube::text_of(declared, "protocol");
  return kube::number_of(declared, "containerPort") == port &&
         (protocol.empty() || protocol == "TCP");
}

std::vector<std::string> names_of_port(const Value& container, std::int64_t port) {
  std::vector<std::string> names;
  for (const Value& declared : list_of(container, "ports")) {
    if (is_tcp_port(declared, port)) {
      names.push_back(kube::text_of(declared, "name"));
    }
  }
  return names;
}

void move_pointers(const Value& container, const std::string& at, std::uint16_t from,
                   std::uint16_t to, Patch& patch) {
  const std::vector<std::string> names = names_of_port(container, from);
  for (const char* pointer : kPointers) {
    const Value::json_pointer place(pointer);
    if (!container.contains(place)) {
      continue;
    }
    const Value& port = container.at(place);
    const bool by_name =
        port.is_string() && port != "" &&
        std::ranges::find(names, port.get_ref<const std::string&>()) != names.end();
    if (by_name || port == from) {
      patch.replace(at + pointer, to);
    }
  }
}

}  // namespace penstock::webhook

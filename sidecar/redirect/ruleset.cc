#include "sidecar/redirect/ruleset.h"

namespace penstock::redirect {

// "add" and "flush" first, so that neither an absent nor an older table matters. Family inet: both
// of IPv4 and IPv6.
std::string ruleset(std::uint16_t port, std::uint16_t to, std::uint16_t probes) {
  const auto lead = [](std::uint16_t at, std::uint16_t target) {
    return "    tcp dport " + std::to_string(at) + " redirect to :" + std::to_string(target) + "\n";
  };
  return "add table inet penstock\n"
         "flush table inet penstock\n"
         "table inet penstock {\n"
         "  chain prerouting {\n"
         "    type nat hook prerouting priority dstnat; policy accept;\n" +
         lead(port, to) + lead(probes, port) +
         "  }\n"
         "}\n";
}

}  // namespace penstock::redirect

#pragma once

#include <cstdint>
#include <string>

namespace penstock::redirect {

// nftables rules that lead what comes to the pod at `port` to `to` instead, and to `port` itself
// what comes at `probes`: a kubelet asks whether the engine lives, not whether we do. Connections
// of the pod's own processes do not pass them, so the sidecar reaches the engine at `port` of
// loopback. Applied twice they are the same as once.
std::string ruleset(std::uint16_t port, std::uint16_t to, std::uint16_t probes);

}  // namespace penstock::redirect

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "operator/reconcile/interception.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// Where an engine on `port` can go: a port that no container of such pods declares, and that is
// none of the sidecar's. Nothing: there is none left.
std::optional<std::uint16_t> free_port(const PodTemplate& pods, std::uint16_t port,
                                       const Settings& settings);

// Why the sidecar could not listen in such pods: one of its own ports is a container's already, or
// the engine's. Empty: it can.
std::string port_clash(const PodTemplate& pods, const Interception& interception,
                       const Settings& settings);

}  // namespace penstock::reconcile

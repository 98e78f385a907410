#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lib/api/injection_status.h"
#include "lib/json/text.h"
#include "operator/webhook/patch.h"

namespace penstock::webhook {

// Which of the pod's containers is the engine: by `name` where that is not empty, else the one that
// declares the port, else the only one. Nothing where that is not certain.
std::optional<std::size_t> find_engine(const json::Value& pod, const api::PortSwapStatus& swap,
                                       const std::string& name);

// Moves the engine's port: its command line or environment, its probes, hooks and ports, and the
// port that the sidecar, the first init container, gains, and the right to listen there. False, and
// nothing is added: the container does not say with certainty how it takes its port. The admission
// policy (charts/penstock/templates/inject.yaml) does the same, case for case.
bool move_port(const json::Value& pod, std::size_t engine, const api::PortSwapStatus& swap,
               Patch& patch);

}  // namespace penstock::webhook

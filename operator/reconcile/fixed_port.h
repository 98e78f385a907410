#pragma once

#include <optional>

#include "operator/reconcile/engines.h"
#include "operator/reconcile/said_port.h"

namespace penstock::reconcile {

// Why admission (charts/penstock/templates/inject.yaml, operator/webhook/port_move.h) would not
// move the engine of `container` off its port, which says `said` of it. Nothing: it would, by the
// flag or variable of `shape`.
std::optional<FixedPort> fixed_port(const Container& container, const EngineShape& shape,
                                    const Said& said);

}  // namespace penstock::reconcile

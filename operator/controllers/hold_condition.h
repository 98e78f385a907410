#pragma once

#include <optional>

#include "operator/controllers/hold_controller.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// What is said of who holds requests for a policy: HoldReady. Nothing: it needs nobody, and nothing
// is left of whoever held.
std::optional<reconcile::AutoscalingNote::Stated> hold_condition(const reconcile::Policy& policy,
                                                                 HoldController& hold);

}  // namespace penstock::controllers

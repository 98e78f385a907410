#pragma once

#include <string>

#include "operator/reconcile/known_engines.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// The option or variable by which the engine listens where the sidecar, which calls 127.0.0.1, does
// not reach it: "--host", of an address of its own or one from elsewhere. Empty: nothing says so.
std::string unreached_by(const Container& container, const KnownEngine& engine);

}  // namespace penstock::reconcile

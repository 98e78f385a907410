#pragma once

#include "sidecar/app/options.h"

namespace penstock::app {

// Runs what a pod's hook asks of the sidecar beside it and returns the exit code. `wait` returns 0
// also when its time is over: a hook that fails would end the container, and readiness is judged
// by the probe.
int run_hook(const HookCommand& command);

}  // namespace penstock::app

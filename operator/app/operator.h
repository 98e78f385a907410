#pragma once

#include <stop_token>

#include "operator/app/options.h"

namespace penstock::control {

// Runs the operator until SIGTERM or SIGINT. The exit code: 0 after a signal, 1 when it could not
// start.
int run_operator(const RunOptions& options);

}  // namespace penstock::control

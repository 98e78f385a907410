#pragma once

#include "operator/app/simulate_options.h"

namespace penstock::control {

// `penstock-operator simulate`: plays a load to a simulated target and prints what happened. The
// exit code: 0 when it ran, 1 when a file is wrong or cannot be written.
int simulate_load(SimulateOptions options);

}  // namespace penstock::control

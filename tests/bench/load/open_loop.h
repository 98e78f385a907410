#pragma once

#include "tests/bench/load/arguments.h"

namespace penstock::bench {

// Sends requests at a fixed rate whatever the answers do, and prints latencies as one JSON line.
//
// A request's latency starts when it was due, not when a connection was free for it, so a stall
// counts against every request that it delays. Due times are evenly spaced. Arguments: port,
// connections, rate (requests a second), seconds, path, body-file.
int run_open_loop(const Arguments& arguments);

}  // namespace penstock::bench

#pragma once

#include "tests/bench/load/arguments.h"

namespace penstock::bench {

// A model server reduced to its event stream: every request is answered with one chat completion
// chunk at once, then `events-per-second` of them (0: silence) until the client leaves. Each
// carries `"usage": null`, as OpenAI does when usage was asked for. Runs until killed. Arguments:
// port, events-per-second.
int run_sse_upstream(const Arguments& arguments);

}  // namespace penstock::bench

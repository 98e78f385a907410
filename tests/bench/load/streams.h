#pragma once

#include "tests/bench/load/arguments.h"

namespace penstock::bench {

// Opens event streams and holds them. Talks to the harness by lines:
//   stdout  "held" once every stream got its first byte (or failed);
//   stdin   any line: print a status line; end of input: print it and end.
// A status line is JSON: streams with a first byte, streams that ended early, events and bytes so
// far. Arguments: port, connections, path, body-file.
int run_streams(const Arguments& arguments);

}  // namespace penstock::bench

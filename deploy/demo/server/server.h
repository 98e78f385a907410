#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "deploy/demo/server/shared.h"
#include "lib/result/result.h"

namespace penstock::demo::server {

struct ServerOptions {
  std::string listen = "127.0.0.1:9000";  // port 0 takes a free one
  int threads = 1;
  Timing timing;
  std::size_t journal = 2048;  // records kept; 0 switches it off
};

// Serves until SIGINT or SIGTERM. Prints one line, "listening on ADDR:PORT", once clients can
// connect. Raises the process's descriptor limit. Errors: the address cannot be understood or
// bound.
[[nodiscard]] Result<void> serve(const ServerOptions& options);

}  // namespace penstock::demo::server

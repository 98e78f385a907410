#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "deploy/demo/load/outcome.h"
#include "deploy/demo/load/plan.h"
#include "lib/result/result.h"

namespace penstock::demo::load {

// http://HOST[:PORT][/PREFIX], resolved once. TLS is not for a demonstration.
struct Target {
  std::string host;
  std::uint16_t port = 80;
  std::string prefix;
};
[[nodiscard]] Result<Target> target_of(std::string_view url);

struct RunOptions {
  std::size_t concurrency = 16;  // connections, and calls in flight
  double timeout_seconds = 120;  // for a whole call
  std::string label;             // of the progress line on standard error; empty for none
};

// Sends the calls [from, to) of a plan in order, each when it is due or as soon as a connection is
// free, and adds what came of each to `tally`. Errors: the target cannot be resolved. A failed call
// is an outcome, not an error.
[[nodiscard]] Result<void> run(const Target& target, const Plan& plan, std::size_t from,
                               std::size_t to, const RunOptions& options, Tally& tally);

// One GET; the body of a 200. Anything else is an error.
[[nodiscard]] Result<std::string> get(const Target& target, std::string_view path);

}  // namespace penstock::demo::load

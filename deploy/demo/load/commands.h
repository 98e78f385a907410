#pragma once

#include <cstdint>
#include <string>

#include "deploy/demo/load/plan.h"
#include "deploy/demo/load/runner.h"
#include "lib/result/result.h"

namespace penstock::demo::load {

// Where a run goes, and whom to ask about it afterwards. URLs; empty ones are left out.
struct Places {
  std::string target = "http://127.0.0.1:8080";
  std::string direct;  // the same load once more without Penstock, interleaved
  std::string
      upstream;  // a simulated server that knows how many calls reached it; --direct where empty
  std::string admin;  // the sidecar's admin listener, for costs
};

struct LoadOptions {
  Places places;
  MixOptions mix;
  RunOptions run;
  std::string prompts;  // a file; empty for the built-in set
  std::string dialects = "openai,anthropic,embeddings";
};

struct TraceOptions {
  Places places;
  RunOptions run;
  std::string trace;
  std::string format = "auto";
  double speed = 1;
  double stream_share = 0.5;
  std::uint64_t requests_max = 0;  // 0 for all
};

// Both print the table on standard output. Errors: files that cannot be read, addresses that make
// no sense.
[[nodiscard]] Result<void> load(const LoadOptions& options);
[[nodiscard]] Result<void> replay(const TraceOptions& options);

}  // namespace penstock::demo::load

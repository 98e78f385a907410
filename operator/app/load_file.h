#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"
#include "operator/simulate/arrival.h"

namespace penstock::control {

// Asked for as a pool: all clients of all of them, as one load.
inline constexpr std::string_view kAllPools = "all";

// A load as `simulate` is told of it.
struct LoadOptions {
  std::string path;           // a trace, or a ServeGen folder or .tar.gz
  std::string pool;           // of ServeGen, or kAllPools; empty: the only one there
  std::string lengths;        // a trace whose requests ServeGen's get the lengths of
  double requests_per_s = 0;  // 0: as the trace has it; of ServeGen: 10
  double duration_s = 0;      // 0: one round of the trace, the whole week
  std::uint64_t seed = 1;
};

// Errors name the file, what is wrong, and what is missing.
Result<simulate::Arrivals> load_file(const LoadOptions& options);

}  // namespace penstock::control

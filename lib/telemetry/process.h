#pragma once

#include <string>
#include <vector>

#include "lib/telemetry/registry.h"

namespace penstock::telemetry {

// What the process uses now, from /proc. 0 where it cannot be read.
[[nodiscard]] double resident_memory_bytes();
[[nodiscard]] double open_descriptors();

// Registers process_resident_memory_bytes, process_open_fds, process_max_fds,
// process_start_time_seconds (as given, seconds since 1970) and penstock_build_info. They go with
// the handles.
[[nodiscard]] std::vector<GaugeHandle> process_gauges(Registry& registry,
                                                      const std::string& version,
                                                      double start_time_seconds);

}  // namespace penstock::telemetry

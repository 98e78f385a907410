#include "lib/telemetry/process.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace penstock::telemetry {

double resident_memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  long pages_in_all = 0;
  long pages_resident = 0;
  if (!(statm >> pages_in_all >> pages_resident)) {
    return 0;
  }
  return static_cast<double>(pages_resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code unreadable;
  std::filesystem::directory_iterator entry("/proc/self/fd", unreadable);
  double count = 0;
  while (!unreadable && entry != std::filesystem::directory_iterator()) {
    ++count;
    entry.increment(unreadable);
  }
  return count > 0 ? count - 1 : 0;  // less the one that lists the folder
}

std::vector<GaugeHandle> process_gauges(Registry& registry, const std::string& version,
                                        double start_time_seconds) {
  std::vector<GaugeHandle> gauges;
  gauges.push_back(registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                                  {}, &resident_memory_bytes));
  gauges.push_back(registry.gauge("process_open_fds", "Number of open file descriptors.", {},
                                  &open_descriptors));
  gauges.push_back(
      registry.gauge("process_max_fds", "Maximum number of open file descriptors.", {}, [] {
        rlimit limit{};
        return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0.0;
      }));
  gauges.push_back(registry.gauge("process_start_time_seconds",
                                  "Start time of the process in seconds since 1970.", {},
                                  [start_time_seconds] { return start_time_seconds; }));
  gauges.push_back(registry.gauge("penstock_build_info", "The running version; always 1.",
                                  {{"version", version}}, [] { return 1.0; }));
  return gauges;
}

}  // namespace penstock::telemetry

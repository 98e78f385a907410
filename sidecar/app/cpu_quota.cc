#include "sidecar/app/cpu_quota.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sched.h>

namespace penstock::app {
namespace {

std::string text_of(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// cgroup v1 keeps the two numbers apart.
std::string v1_text() {
  const std::string quota = text_of("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  return quota.starts_with('-') ? std::string()
                                : quota + " " + text_of("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
}

}  // namespace

std::uint32_t quota_of(const char* cpu_max_text) {
  std::istringstream in(cpu_max_text);
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  if (!(in >> quota >> period) || period == 0) {
    return 0;  // "max 100000": no quota
  }
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>((quota + period - 1) / period, 1, 256));
}

std::uint32_t cpu_quota() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const bool known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  const auto cpus = static_cast<std::uint32_t>(known ? std::max(CPU_COUNT(&allowed), 1) : 1);
  std::uint32_t quota = quota_of(text_of("/sys/fs/cgroup/cpu.max").c_str());
  if (quota == 0) {
    quota = quota_of(v1_text().c_str());
  }
  return quota == 0 ? cpus : std::min(quota, cpus);
}

}  // namespace penstock::app

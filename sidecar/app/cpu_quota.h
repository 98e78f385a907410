#pragma once

#include <cstdint>

namespace penstock::app {

// How many threads the container may keep busy: the cgroup's CPU quota rounded up, at most the CPUs
// this process may run on, at least 1. Never simply the host's core count.
std::uint32_t cpu_quota();

// The quota of a cgroup v2 cpu.max file's text ("150000 100000" -> 2); 0: none.
std::uint32_t quota_of(const char* cpu_max_text);

}  // namespace penstock::app

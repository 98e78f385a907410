#pragma once

#include <cstdint>
#include <optional>

namespace penstock::app {

// What the container may hold: the cgroup's memory limit in bytes. Nothing: there is none.
std::optional<std::uint64_t> memory_limit();

// The limit in a cgroup file's text ("134217728"); nothing for "max", and for the figure beyond any
// machine's memory that cgroup v1 has in its place.
std::optional<std::uint64_t> memory_limit_of(const char* text);

// How large a cache of `wanted` bytes may be where the container holds `limit`: a third of that is
// left for requests in flight and everything else.
std::uint64_t cache_within(std::uint64_t wanted, std::optional<std::uint64_t> limit);

}  // namespace penstock::app

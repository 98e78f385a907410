#pragma once

#include <cstdint>

namespace penstock::net {

// Raises how many descriptors the process may have to the most that it may ask for; says how many
// that are. Container runtimes start processes with 1,024, whatever they allow, since select(2),
// which nothing here calls, knows no more.
std::uint64_t raise_descriptor_limit();

}  // namespace penstock::net

#pragma once

#include <cstddef>

namespace penstock::store {

// What the allocator takes beside the bytes asked for: glibc keeps 8 before each block and rounds
// up to 16.
inline constexpr std::size_t kAllocationOverheadBytes = 16;

// What make_shared puts before an object: a table pointer and two counts.
inline constexpr std::size_t kSharedBlockBytes = 16;

}  // namespace penstock::store

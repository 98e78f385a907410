#include "sidecar/domain/eviction/ghost_table.h"

#include <algorithm>
#include <bit>

namespace penstock::domain {

GhostTable::GhostTable(std::size_t entries)
    : buckets_(std::bit_ceil(std::max<std::size_t>(entries / 8, 1))) {}

void GhostTable::remember(std::uint64_t fingerprint) {
  // The sequence wraps around after 2^32 evictions; 0 means empty, so it is skipped. What is left
  // from before then looks old, or is forgotten early.
  sequence_ = sequence_ + 1 == 0 ? 1 : sequence_ + 1;
  std::array<Ghost, 8>& bucket = ghosts_of(fingerprint);
  Ghost* place = &bucket[0];
  for (Ghost& ghost : bucket) {
    if (ghost.sequence == 0) {
      place = &ghost;
      break;
    }
    if (age(ghost) > age(*place)) {
      place = &ghost;
    }
  }
  *place = {.fingerprint = static_cast<std::uint32_t>(fingerprint), .sequence = sequence_};
}

bool GhostTable::recall(std::uint64_t fingerprint, std::size_t window) {
  for (Ghost& ghost : ghosts_of(fingerprint)) {
    if (ghost.sequence != 0 && ghost.fingerprint == static_cast<std::uint32_t>(fingerprint)) {
      const bool fresh = age(ghost) < window;
      ghost = {};
      return fresh;
    }
  }
  return false;
}

}  // namespace penstock::domain

#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/digest/digest.h"

namespace penstock::request {

// What the callers of one flight agree on.
struct FlightKey {
  digest::Hash128 canonical;
  // Beyond the canonical key, as bits: a stored answer serves callers that differ in it.
  std::uint64_t apart = 0;
  bool streams = false;

  bool operator==(const FlightKey&) const = default;
};

struct FlightKeyHash {
  std::size_t operator()(const FlightKey& key) const noexcept { return key.canonical.high; }
};

}  // namespace penstock::request

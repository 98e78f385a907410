#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::forecast {

// A bin of time, counted from the Unix epoch: floor(start / length of a bin).
using BinIndex = std::int64_t;

// Where a bin stands in a ring of `size` slots: its index modulo the size, which is never negative.
// REQUIRES: size >= 1.
constexpr std::size_t ring_slot(BinIndex bin, std::size_t size) {
  const auto length = static_cast<BinIndex>(size);
  const BinIndex rest = bin % length;
  return static_cast<std::size_t>(rest < 0 ? rest + length : rest);
}

}  // namespace penstock::forecast

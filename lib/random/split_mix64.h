#pragma once

#include <cstdint>

namespace penstock::random {

// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, every seed is a good one, and the
// same numbers for the same seed on every machine. Anybody who sees one number can tell the next.
//
// Threads: not safe.
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace penstock::random

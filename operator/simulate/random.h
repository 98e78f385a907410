#pragma once

#include <cstdint>

#include "lib/random/split_mix64.h"

namespace penstock::simulate {

// What a simulation draws, the same for the same seed. Threads: not safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t next() { return bits_.next(); }
  double uniform();  // (0, 1)
  double exponential();
  double normal();

  // With scale 1. REQUIRES: shape > 0.
  double gamma(double shape);  // mean `shape` (Marsaglia and Tsang 2000)
  double weibull(double shape);

 private:
  random::SplitMix64 bits_;
};

}  // namespace penstock::simulate

#pragma once

#include <cstdint>

namespace penstock::simulate {

// Numbers that look random and are the same for the same seed, on every machine: splitmix64
// (Steele et al. 2014), and what is drawn from it. Threads: not safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  double uniform();  // (0, 1)
  double exponential();
  double normal();

  // With scale 1. REQUIRES: shape > 0.
  double gamma(double shape);  // mean `shape` (Marsaglia and Tsang 2000)
  double weibull(double shape);

 private:
  std::uint64_t state_;
};

}  // namespace penstock::simulate

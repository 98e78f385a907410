#include "operator/simulate/random.h"

#include <cmath>
#include <numbers>

namespace penstock::simulate {

// Never 0, so that a logarithm of it is finite.
double Random::uniform() {
  return (static_cast<double>(next() >> 11U) + 0.5) * 0x1p-53;
}

double Random::exponential() {
  return -std::log(uniform());
}

double Random::normal() {
  const double radius = std::sqrt(2 * exponential());
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Random::gamma(double shape) {
  if (shape < 1) {
    return gamma(shape + 1) * std::pow(uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal();
    const double root = 1 + c * x;
    if (root <= 0) {
      continue;
    }
    const double v = root * root * root;
    if (-exponential() < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v;
    }
  }
}

double Random::weibull(double shape) {
  return std::pow(exponential(), 1 / shape);
}

}  // namespace penstock::simulate

#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

#include "sidecar/domain/usd_text.h"

namespace penstock::domain {

// An amount of money in picodollars, 1e-12 USD: fine enough for one token of the cheapest model,
// and up to 9.2 million USD. Arithmetic stays at the ends of the range instead of overflowing.
class Picodollars {
 public:
  constexpr Picodollars() = default;
  constexpr explicit Picodollars(std::int64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::int64_t value() const { return value_; }
  auto operator<=>(const Picodollars&) const = default;

  constexpr Picodollars& operator+=(Picodollars other) {
    if (__builtin_add_overflow(value_, other.value_, &value_)) {
      value_ = other.value_ < 0 ? kMin : kMax;
    }
    return *this;
  }
  friend constexpr Picodollars operator+(Picodollars a, Picodollars b) { return a += b; }

  // A price per token times a number of tokens.
  friend constexpr Picodollars operator*(Picodollars price, std::int64_t count) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(price.value_, count, &product)) {
      product = (price.value_ < 0) == (count < 0) ? kMax : kMin;
    }
    return Picodollars(product);
  }

  // USD as a plain decimal with at most twelve digits after the point: "0.00123", "2", "-0.5".
  [[nodiscard]] std::string text() const {
    std::string out;
    append_usd(out, value_);
    return out;
  }

 private:
  static constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

  std::int64_t value_ = 0;
};

}  // namespace penstock::domain

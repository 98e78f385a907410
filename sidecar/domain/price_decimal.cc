#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "sidecar/domain/price_import.h"

namespace penstock::domain {
namespace {

constexpr std::int64_t kPicodollarsPerTokenMax = 1'000'000'000;  // 0.001 USD

// A decimal as its digits and the place of its point: value = digits * 10^exponent.
struct Decimal {
  std::uint64_t digits = 0;  // of at most kDigitsMax
  int exponent = 0;
};

constexpr std::uint64_t kDigitsLimit = 1'000'000'000'000'000'000;  // 10^18
constexpr int kExponentMax = 400;
constexpr std::size_t kTextBytesMax = 100;

// Takes digits with at most one point off the front of `text`.
std::optional<Decimal> take_digits(std::string_view& text) {
  Decimal result;
  bool any = false;
  bool after_point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9') {
      break;
    }
    any = true;
    // Digits beyond the eighteenth are far below a picodollar of any price in range.
    const bool fits = result.digits < kDigitsLimit / 10;
    if (fits) {
      result.digits = result.digits * 10 + static_cast<std::uint64_t>(c - '0');
    }
    result.exponent += (fits ? 0 : 1) - (after_point ? 1 : 0);
  }
  return any ? std::optional(result) : std::nullopt;
}

std::optional<Decimal> parse(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return std::nullopt;
  }
  auto result = take_digits(text);
  if (!result || text.empty()) {
    return result;
  }
  if (text.front() != 'e' && text.front() != 'E') {
    return std::nullopt;
  }
  text.remove_prefix(text.starts_with("e+") || text.starts_with("E+") ? 2 : 1);
  int written = 0;
  const auto read = std::from_chars(text.begin(), text.end(), written);
  if (read.ec != std::errc() || read.ptr != text.end() || std::abs(written) > kExponentMax) {
    return std::nullopt;
  }
  result->exponent += written;
  return result;
}

}  // namespace

std::optional<std::int64_t> picodollars_per_token(std::string_view decimal, int unit_exponent) {
  auto number = parse(decimal);
  if (!number) {
    return std::nullopt;
  }
  int exponent = number->exponent + unit_exponent;
  std::uint64_t value = number->digits;
  for (; exponent > 0 && value != 0; --exponent) {
    if (value > static_cast<std::uint64_t>(kPicodollarsPerTokenMax)) {
      return std::nullopt;
    }
    value *= 10;
  }
  // Only the last digit that goes decides, so that nothing is rounded twice.
  for (; exponent < -1 && value != 0; ++exponent) {
    value /= 10;
  }
  if (exponent == -1) {
    value = (value + 5) / 10;
  }
  return value <= static_cast<std::uint64_t>(kPicodollarsPerTokenMax)
             ? std::optional(static_cast<std::int64_t>(value))
             : std::nullopt;
}

}  // namespace penstock::domain

#include "sidecar/domain/canonical_number.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace penstock::domain {
namespace {

constexpr std::size_t kIntegerDigitsMax = 15;  // 10^15 < 2^53: every one of them is a double
constexpr std::size_t kExponentDigitsMax = 9;  // more is not a number that anyone computes with

// A number taken apart: `digits` are its digits without the point, `scale` the power of ten of the
// last one.
struct Decimal {
  std::string digits;
  std::int64_t scale = 0;
};

// nullopt-like false: the exponent is too long to be read.
bool read_exponent(std::string_view text, std::int64_t& exponent) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const bool negative = text.starts_with('-');
  if (negative) {
    text.remove_prefix(1);
  }
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() > kExponentDigitsMax) {
    return false;
  }
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  exponent = negative ? -value : value;
  return true;
}

bool take_apart(std::string_view unsigned_text, Decimal& decimal) {
  const std::size_t mantissa_end =
      std::min(unsigned_text.find_first_of("eE"), unsigned_text.size());
  const std::string_view mantissa = unsigned_text.substr(0, mantissa_end);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  decimal.digits.assign(mantissa.substr(0, point));
  if (point < mantissa.size()) {
    const std::string_view fraction = mantissa.substr(point + 1);
    decimal.digits.append(fraction);
    decimal.scale = -static_cast<std::int64_t>(fraction.size());
  }
  const std::size_t last = decimal.digits.find_last_not_of('0');
  const std::size_t kept = last == std::string::npos ? 0 : last + 1;
  decimal.scale += static_cast<std::int64_t>(decimal.digits.size() - kept);
  decimal.digits.resize(kept);
  decimal.digits.erase(0, std::min(decimal.digits.find_first_not_of('0'), kept));
  if (mantissa_end == unsigned_text.size()) {
    return true;
  }
  std::int64_t exponent = 0;
  const bool readable = read_exponent(unsigned_text.substr(mantissa_end + 1), exponent);
  decimal.scale += exponent;
  return readable;
}

// What nearly every request has: 512, 0.95. False, with nothing appended, for the rest.
bool append_usual_number(ByteSink& out, std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* point = end;
  for (const char* at = text.data(); at != end; ++at) {
    if (*at == '.') {
      point = at;
    } else if (*at == 'e' || *at == 'E') {
      return false;
    }
  }
  if (point == end) {
    const std::string_view digits = text == "-0" ? "0" : text;
    char* const at = out.extend(1 + digits.size());
    at[0] = 'i';
    std::copy_n(digits.data(), digits.size(), at + 1);
    return true;
  }
  const char* last = end;
  while (last[-1] == '0') {
    --last;  // to the point at most
  }
  const std::string_view fraction(point + 1, last);
  // Zeros before the first digit, and whole numbers with a point, go the long way.
  if (point != text.data() + 1 || text[0] != '0' || fraction.empty() || fraction[0] == '0' ||
      fraction.size() > 9) {
    return false;
  }
  char* const at = out.extend(1 + fraction.size() + 3);
  at[0] = 'd';
  char* const exponent = std::copy_n(fraction.data(), fraction.size(), at + 1);
  exponent[0] = 'e';
  exponent[1] = '-';
  exponent[2] = static_cast<char>('0' + fraction.size());
  return true;
}

}  // namespace

void append_canonical_number(ByteSink& out, std::string_view text) {
  if (append_usual_number(out, text)) {
    return;
  }
  const std::string_view sign = text.starts_with('-') ? "-" : "";
  Decimal decimal;
  const bool readable = take_apart(text.substr(sign.size()), decimal);
  if (decimal.digits.empty()) {
    out.append("i0");
    return;
  }
  if (!readable) {
    out.push_back('x');
    out.append(text);
    return;
  }
  const bool whole =
      decimal.scale >= 0 && decimal.digits.size() <= kIntegerDigitsMax &&
      decimal.scale <= static_cast<std::int64_t>(kIntegerDigitsMax - decimal.digits.size());
  out.push_back(whole ? 'i' : 'd');
  out.append(sign);
  out.append(decimal.digits);
  if (whole) {
    const auto zeros = static_cast<std::size_t>(decimal.scale);
    std::fill_n(out.extend(zeros), zeros, '0');
  } else {
    out.push_back('e');
    out.append(std::to_string(decimal.scale));
  }
}

}  // namespace penstock::domain

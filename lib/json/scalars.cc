#include "lib/json/scalars.h"

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace penstock::json {
namespace {

constexpr std::uint64_t kValueMax = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) {
    ++end;
  }
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

struct Decimal {
  std::string_view whole;
  std::string_view fraction;
};

// "12", "12.5"; a point needs digits on both sides.
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal decimal{take_digits(text), {}};
  if (decimal.whole.empty()) {
    return std::nullopt;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
    if (decimal.fraction.empty()) {
      return std::nullopt;
    }
  }
  return decimal;
}

// Adds digit * scale; false once the sum leaves int64.
bool add(std::uint64_t& sum, std::uint64_t count, std::uint64_t scale) {
  std::uint64_t product = 0;
  return !__builtin_mul_overflow(count, scale, &product) &&
         !__builtin_add_overflow(sum, product, &sum) && sum <= kValueMax;
}

enum class Scaled : std::uint8_t { kExact, kTooLarge, kTooFine };

// sum += decimal * scale, exactly. `scale` may hold any factors; each fraction digit takes a ten
// out of it, and one that no longer divides is only harmless where the digit is 0.
Scaled add_scaled(std::uint64_t& sum, const Decimal& decimal, std::uint64_t scale) {
  std::uint64_t whole = 0;
  for (const char digit : decimal.whole) {
    std::uint64_t grown = 0;
    if (!add(grown, whole, 10) || !add(grown, static_cast<std::uint64_t>(digit - '0'), 1)) {
      return Scaled::kTooLarge;
    }
    whole = grown;
  }
  if (!add(sum, whole, scale)) {
    return Scaled::kTooLarge;
  }
  // remainder/denominator is what one unit of the current digit is worth beyond `scale`'s quotient:
  // 0.5Ki is 512, although 1024 is not a multiple of ten.
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  for (const char digit : decimal.fraction) {
    if (denominator > kValueMax / 10 || numerator > kValueMax / 10) {
      return Scaled::kTooFine;
    }
    numerator = numerator * 10 + static_cast<std::uint64_t>(digit - '0');
    denominator *= 10;
  }
  while (denominator % 10 == 0 && numerator % 10 == 0) {
    numerator /= 10;
    denominator /= 10;
  }
  // Cancel common factors of two and five first, so that the product stays small.
  for (const std::uint64_t factor : {std::uint64_t{2}, std::uint64_t{5}}) {
    while (denominator % factor == 0 && scale % factor == 0) {
      denominator /= factor;
      scale /= factor;
    }
    while (denominator % factor == 0 && numerator % factor == 0) {
      denominator /= factor;
      numerator /= factor;
    }
  }
  if (denominator != 1) {
    return Scaled::kTooFine;
  }
  return add(sum, numerator, scale) ? Scaled::kExact : Scaled::kTooLarge;
}

struct Unit {
  std::string_view name;
  std::uint64_t scale;
};

// Longest names first where one begins another. Nanoseconds.
constexpr std::array kDurationUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\u00b5s", 1'000},
    Unit{"\u03bcs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

constexpr std::array kQuantitySuffixes = {
    Unit{"", 1},
    Unit{"Ki", 1ULL << 10},
    Unit{"Mi", 1ULL << 20},
    Unit{"Gi", 1ULL << 30},
    Unit{"Ti", 1ULL << 40},
    Unit{"Pi", 1ULL << 50},
    Unit{"Ei", 1ULL << 60},
    Unit{"k", 1'000},
    Unit{"M", 1'000'000},
    Unit{"G", 1'000'000'000},
    Unit{"T", 1'000'000'000'000},
    Unit{"P", 1'000'000'000'000'000},
    Unit{"E", 1'000'000'000'000'000'000},
};

std::unexpected<Error> bad(std::string detail) {
  return fail(ErrorCode::kInvalidConfig, std::move(detail));
}

std::unexpected<Error> not_a_quantity() {
  return bad("must be a quantity such as 512Mi, 1Gi, 100k or a plain number");
}

// "1e3": a decimal exponent, which Kubernetes allows beside the suffix E.
std::optional<std::uint64_t> exponent_scale(std::string_view suffix) {
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) {
    return std::nullopt;
  }
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  const std::string_view digits = take_digits(suffix);
  if (digits.empty() || digits.size() > 2 || !suffix.empty()) {
    return std::nullopt;
  }
  int exponent = 0;
  for (const char digit : digits) {
    exponent = exponent * 10 + (digit - '0');
  }
  if (exponent > 18) {
    return std::nullopt;
  }
  std::uint64_t scale = 1;
  for (int i = 0; i < exponent; ++i) {
    scale *= 10;
  }
  return scale;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t kNanosPerMilli = 1'000'000;
  if (text == "0") {
    return std::chrono::milliseconds(0);
  }
  std::uint64_t nanos = 0;
  bool too_fine = false;
  do {
    if (text.starts_with('-')) {
      return bad("must not be negative");
    }
    const std::optional<Decimal> decimal = take_decimal(text);
    if (!decimal) {
      return bad("must be a duration such as 300ms, 5m or 1h30m");
    }
    const Unit* unit = nullptr;
    for (const Unit& candidate : kDurationUnits) {
      // "m" also begins "ms", which stands before it.
      if (unit == nullptr && text.starts_with(candidate.name)) {
        unit = &candidate;
      }
    }
    if (unit == nullptr) {
      return bad("must be a duration with its unit (ms, s, m or h), such as 300ms, 5m or 1h30m");
    }
    text.remove_prefix(unit->name.size());
    const Scaled scaled = add_scaled(nanos, *decimal, unit->scale);
    if (scaled == Scaled::kTooLarge) {
      return bad("is a duration beyond what can be counted");
    }
    too_fine = too_fine || scaled == Scaled::kTooFine;
  } while (!text.empty());
  if (too_fine || nanos % kNanosPerMilli != 0) {
    return bad("must be a whole number of milliseconds");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(nanos / kNanosPerMilli));
}

Result<Quantity> parse_quantity(std::string_view text) {
  if (text.starts_with('-')) {
    return bad("must not be negative");
  }
  const std::optional<Decimal> decimal = take_decimal(text);
  if (!decimal) {
    return not_a_quantity();
  }
  std::optional<std::uint64_t> scale = exponent_scale(text);
  for (const Unit& suffix : kQuantitySuffixes) {
    if (text == suffix.name) {
      scale = suffix.scale;
    }
  }
  if (!scale) {
    return not_a_quantity();
  }
  Quantity quantity;
  switch (add_scaled(quantity.value, *decimal, *scale)) {
    case Scaled::kExact: return quantity;
    case Scaled::kTooFine: return bad("must be a whole number of bytes");
    case Scaled::kTooLarge: break;
  }
  return bad("is a quantity beyond what can be counted");
}

Result<UsdPerMillion> parse_usd_per_million(std::string_view text) {
  constexpr std::uint64_t kPerUsd = 1'000'000;
  constexpr std::uint64_t kUsdMax = 1'000;
  if (text.starts_with('-')) {
    return bad("must not be negative");
  }
  const std::optional<Decimal> decimal = take_decimal(text);
  if (!decimal || !text.empty()) {
    return bad("must be a price in USD per 1 million tokens as a decimal string, such as \"2.50\"");
  }
  if (decimal->fraction.size() > 6) {
    return bad(
        "has more than 6 digits after the point; the unit is USD per 1 million tokens (a price "
        "per token must be multiplied by 1000000)");
  }
  std::uint64_t picodollars = 0;
  if (add_scaled(picodollars, *decimal, kPerUsd) != Scaled::kExact ||
      picodollars > kUsdMax * kPerUsd) {
    return bad(
        "is above 1000 USD per 1 million tokens, which no model costs; the unit is USD per 1 "
        "million tokens, such as \"2.50\"");
  }
  return UsdPerMillion{static_cast<std::int64_t>(picodollars)};
}

std::string format_duration(std::chrono::milliseconds value) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 4> kParts = {
      {{3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
  std::string text;
  std::int64_t rest = value.count();
  for (const auto& [scale, name] : kParts) {
    if (rest >= scale) {
      text += std::to_string(rest / scale);
      text += name;
      rest %= scale;
    }
  }
  return text.empty() ? "0s" : text;
}

std::string format_quantity(Quantity value) {
  for (const Unit& suffix : {kQuantitySuffixes[6], kQuantitySuffixes[5], kQuantitySuffixes[4],
                             kQuantitySuffixes[3], kQuantitySuffixes[2], kQuantitySuffixes[1]}) {
    if (value.value != 0 && value.value % suffix.scale == 0) {
      return std::to_string(value.value / suffix.scale).append(suffix.name);
    }
  }
  return std::to_string(value.value);
}

std::string format_usd_per_million(UsdPerMillion value) {
  constexpr std::int64_t kPerUsd = 1'000'000;
  std::string fraction = std::to_string(kPerUsd + value.picodollars_per_token % kPerUsd).substr(1);
  while (fraction.ends_with('0')) {
    fraction.pop_back();
  }
  std::string text = std::to_string(value.picodollars_per_token / kPerUsd);
  return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace penstock::json

#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result/result.h"

// Scalars that people write as text. The parsers are exact: what cannot be held without rounding
// is refused. An error's detail completes "spec.ttl …" and never repeats the text.
namespace penstock::json {

// A Kubernetes quantity as a whole number of units (bytes); at most 2^63 - 1.
struct Quantity {
  std::uint64_t value = 0;
  auto operator<=>(const Quantity&) const = default;
};

// A price in USD per million tokens, held as picodollars per token: 1 USD/M = 1'000'000.
struct UsdPerMillion {
  std::int64_t picodollars_per_token = 0;
  auto operator<=>(const UsdPerMillion&) const = default;
};

// Go's time.ParseDuration without signs: "300ms", "1h30m", "1.5s", "0". Finer than a millisecond
// is an error.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "1Gi", "512Mi", "100k", "1.5G", "1e3", "4096"; no signs, no fractions of a unit.
Result<Quantity> parse_quantity(std::string_view text);

// "2.50": digits, at most six of them after the point, at most 1000 in all, for a price above that
// was meant in another unit.
Result<UsdPerMillion> parse_usd_per_million(std::string_view text);

// The shortest text that parses back to the same value.
std::string format_duration(std::chrono::milliseconds value);
std::string format_quantity(Quantity value);
std::string format_usd_per_million(UsdPerMillion value);

}  // namespace penstock::json

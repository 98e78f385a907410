#pragma once

#include <cstdint>
#include <string_view>

#include "lib/json/field.h"

// Sums of money that people write as text: "12.50". Inside they are integers.
namespace penstock::api {

bool is_usd(std::string_view text);  // digits, at most six of them after the point

// REQUIRES: is_usd(text).
std::int64_t picodollars_of(std::string_view text);

inline constexpr json::Format kUsd{"an amount in USD, such as 12.50",
                                   "^[0-9]{1,6}(\\.[0-9]{1,6})?$", &is_usd};

}  // namespace penstock::api

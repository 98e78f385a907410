#pragma once

#include <span>
#include <string>
#include <string_view>

namespace penstock::json {

// The candidate that `name` was probably meant to be: equal but for case, or at most two edits
// away (one for names of up to four characters). Empty where nothing is near.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

// `; did you mean "ttl"?`, or "".
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace penstock::json

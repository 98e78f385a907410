#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::dialect {

// The Responses part of fold.h: the events that a server would have sent on the way to `object`,
// which the last of them holds.
std::optional<std::string> unfold_responses(std::string_view object);

}  // namespace penstock::dialect

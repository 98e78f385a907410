#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::dialect {

// The Anthropic parts of fold.h.
std::optional<std::string> fold_messages(std::string_view sse_bytes);
std::optional<std::string> unfold_messages(std::string_view object);

}  // namespace penstock::dialect

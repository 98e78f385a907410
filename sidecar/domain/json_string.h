#pragma once

#include <optional>
#include <string>

#include "sidecar/domain/bypass_reason.h"

namespace penstock::domain {

// Resolves a JSON string that has escapes. `run` is its first character, `at` the first one that
// cannot be copied as it is (see find_json_string_stop). Appends the text to `out` and leaves `at`
// on the closing quote, or says what is wrong: kLoneSurrogate, or kUnparsable for all else.
std::optional<BypassReason> unescape_json_string(const char* run, const char*& at, const char* end,
                                                 std::string& out);

}  // namespace penstock::domain

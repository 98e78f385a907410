#pragma once

#include <string>

#include "lib/json/text.h"

namespace penstock::json {

// `value` as a block-style YAML document that parse_yaml() reads back to the same value; members in
// the order of their names. Ends with a line break.
std::string to_yaml(const Value& value);

}  // namespace penstock::json

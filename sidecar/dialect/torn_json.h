#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::dialect {

// The beginning of a JSON object, and what makes it one that readers accept.
struct TornObject {
  enum class State : std::uint8_t {
    kWhole,       // nothing is missing
    kOpen,        // `rest`, more members and a brace make it whole
    kUnreadable,  // no object, or so broken that nothing behind it mends it
  };
  State state = State::kUnreadable;
  // Ends what was begun, down to the outermost object, with the comma before its next member. What
  // was begun may come to say something else ("1." becomes 1.0, an escape another character).
  std::string rest;
};

// Reads `text` as far as it goes; what stands there is trusted to be JSON.
TornObject read_torn_object(std::string_view text);

}  // namespace penstock::dialect

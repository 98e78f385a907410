#include "sidecar/dialect/output_text.h"

#include <algorithm>
#include <array>

#include "sidecar/dialect/json_walk.h"

namespace penstock::dialect {
namespace {

constexpr int kLevelsMax = 8;

constexpr std::array<std::string_view, 12> kNotOutput = {
    "role",      "type",        "id",       "call_id",   "tool_use_id", "index",
    "signature", "obfuscation", "citation", "citations", "status",      "expires_at"};

std::size_t bytes_within(std::string_view value, int levels) {
  if (is_string(value)) {
    return string_body(value).size();
  }
  if (levels == 0) {
    return 0;
  }
  std::size_t bytes = 0;
  if (is_object(value)) {
    ObjectWalk walk(value);
    for (JsonMember member; walk.next(member);) {
      // Most members of a delta are short strings; the list is asked only where there is something
      // to add.
      const std::size_t found = bytes_within(member.value, levels - 1);
      if (found > 0 && std::ranges::find(kNotOutput, member.key) == kNotOutput.end()) {
        bytes += found;
      }
    }
  } else if (is_array(value)) {
    ArrayWalk walk(value);
    for (std::string_view element; walk.next(element);) {
      bytes += bytes_within(element, levels - 1);
    }
  }
  return bytes;
}

}  // namespace

std::size_t output_bytes(std::string_view value) {
  return bytes_within(value, kLevelsMax);
}

}  // namespace penstock::dialect

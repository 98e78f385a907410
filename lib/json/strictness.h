#pragma once

#include <cstdint>
#include <string>

namespace penstock::json {

// kStrict: files that people write; an unknown field or an explicit null is an error.
// kTolerant: files that an operator of another version delivers; unknown fields are reported as
// ignored, null counts as absent.
enum class Strictness : std::uint8_t { kStrict, kTolerant };

struct FieldError {
  std::string path;     // "spec.caching.tiers[0].ref"
  std::string message;  // completes "<path> …"; never holds the value
};

}  // namespace penstock::json

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/json/lines.h"

// YAML and JSON text to values with their lines. No I/O, no types yet: see read.h.
namespace penstock::json {

using Value = nlohmann::json;

// Bounds of one text. Beyond any of them the text is refused.
inline constexpr std::size_t kTextBytesMax = 4ULL << 20;
inline constexpr std::size_t kDepthMax = 32;
inline constexpr std::size_t kNodesMax = 100'000;  // aliases count each time they are used
inline constexpr std::size_t kKeyBytesMax = 512;
inline constexpr std::size_t kDocumentsMax = 1'000;

struct Document {
  Value value;
  Lines lines;
};

struct SyntaxError {
  int line = 0;
  std::string message;
};

// `documents` holds what could be read, also beside errors; empty documents are left out.
struct Text {
  std::vector<Document> documents;
  std::vector<SyntaxError> errors;
};

// YAML 1.2 with the core schema: only true and false are booleans, a quoted or block scalar is
// always a string, 0o17 is 15. Several documents; aliases are expanded. Errors besides syntax:
// duplicate keys, merge keys (<<), tags other than !!str, !!map and !!seq, numbers that are not
// finite, invalid UTF-8, and the bounds above.
Text parse_yaml(std::string_view text);

// One RFC 8259 value. Errors as above.
Text parse_json(std::string_view text);

}  // namespace penstock::json

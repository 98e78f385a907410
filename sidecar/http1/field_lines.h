#pragma once

#include <cstdint>
#include <string_view>

#include "lib/result/result.h"
#include "sidecar/http1/head.h"

// What the two heads and the trailer section have in common: lines of fields up to an empty line.
namespace penstock::http1 {

enum class Progress : std::uint8_t { kDone, kNeedMore, kError };

// Why bytes were refused. `reason` is static text.
struct Fault {
  ErrorCode code = ErrorCode::kInvalidRequest;
  std::string_view reason;
};

// Reads a block of bytes from the front. `position` moves past what was read in full.
struct LineReader {
  const char* position;
  const char* end;
  Fault fault;

  // Refuses the line that `position` stands in, once its line feed is there; until then more is
  // needed.
  Progress refuse(std::string_view reason, ErrorCode code = ErrorCode::kInvalidRequest);

  // Takes exactly CR LF. `otherwise` is the reason where something else stands there.
  Progress take_line_end(std::string_view otherwise);

  // Appends one field line. REQUIRES: position is at the line's first byte, and that is no line
  // end.
  Progress take_field(HeadFields& out);

  // Appends field lines to `out` up to and including the empty line. Lines read before a kNeedMore
  // stay in `out`.
  Progress take_fields(std::uint32_t lines_max, HeadFields& out);
};

}  // namespace penstock::http1

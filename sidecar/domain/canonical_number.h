#pragma once

#include <string_view>

#include "sidecar/domain/byte_sink.h"

namespace penstock::domain {

// Appends a JSON number so that two spellings of one number come out equal and two different
// numbers never do. Nothing is rounded: the digits decide, not a double.
//
//   1, 1.0, 10e-1, 1e0 -> i1        0, -0, 0e5 -> i0
//   0.7, 0.70, 7e-1    -> d7e-1     12345678901234567890123 -> i12345678901234567890123
//
// An integer spelled with a fraction or an exponent meets its plain spelling up to fifteen digits;
// above, where a server that reads a double and one that reads an integer part ways, it stays a
// decimal: 1e20 -> d1e20. An exponent of more than nine digits keeps its text: x1e9999999999.
//
// REQUIRES: `text` is a number of RFC 8259.
void append_canonical_number(ByteSink& out, std::string_view text);

}  // namespace penstock::domain

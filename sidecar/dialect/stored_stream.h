#pragma once

#include <string_view>

#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {

// Visits the events of a whole stream that have data until `visit` returns false. The last event
// may lack its blank line. Returns whether all were visited.
template <class Visit>
bool each_stored_event(std::string_view bytes, Visit visit) {
  domain::SseParser parser(bytes.size() + 1);
  std::string_view rest = bytes;
  while (const auto event = parser.next(rest)) {
    if (event->has_data && !visit(*event)) {
      return false;
    }
  }
  const auto last = parser.finish();
  return !parser.overflowed() && (!last || !last->has_data || visit(*last));
}

}  // namespace penstock::dialect

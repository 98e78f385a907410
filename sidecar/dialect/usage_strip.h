#pragma once

#include <string>
#include <string_view>

#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {

// Takes out of a chat or completions stream what our stream_options put in, for a caller that had
// not asked: the chunk that carries nothing but usage, and the `usage` member of every other chunk
// with its comma. All other bytes stay as they are, those of events without "usage" without being
// looked at.
//
// Threads: not safe. One stripper belongs to one caller's stream.
class UsageStripper {
 public:
  // What to send in place of the event: `head` then `tail`. Both empty: nothing. Views into the
  // event or into the stripper, valid until either is touched again.
  struct Output {
    std::string_view head;
    std::string_view tail;
    [[nodiscard]] bool dropped() const { return head.empty() && tail.empty(); }
  };

  Output on_event(const domain::SseEvent& event);

 private:
  Output rebuilt(const domain::SseEvent& event, std::string_view data);

  std::string buffer_;  // only for events that cannot be cut in place
};

// The same for a whole stream that is here already. Empty: there is nothing to take out.
std::string strip_usage(std::string_view stream);

}  // namespace penstock::dialect

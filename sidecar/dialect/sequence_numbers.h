#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sidecar/domain/sse_parser.h"

// The numbers that the events of a Responses stream bear.
namespace penstock::dialect {

// The number of the event that follows one with this `sequence_number`, as it is spelled; nullopt:
// that is none.
std::optional<std::int64_t> number_after(std::string_view sequence_number);

// Follows one client's stream, for who may have to add an event to it.
//
// Threads: not safe.
class SequenceNumbers {
 public:
  // What the client gets next, cut anywhere.
  void feed(std::string_view sent);
  // Of the event that would follow, by what the last whole one said; 0 where none said any.
  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  domain::SseParser events_;
  std::int64_t next_ = 0;
};

}  // namespace penstock::dialect

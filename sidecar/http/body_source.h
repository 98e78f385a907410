#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/task/task.h"

namespace penstock::http {

// A request body that is passed on as it arrives from the client.
class BodySource {
 public:
  virtual ~BodySource() = default;

  struct Piece {
    std::string_view bytes;     // without framing; holds until the next suspension
    std::string_view trailers;  // with the last one: lines, as ChunkScanner::trailers() has them
    bool last = false;
    bool failed = false;  // the client broke off or sent broken framing …
    bool late = false;    // … or no more of it in time
  };
  virtual Task<Piece> next() = 0;
  // The body's length where the client stated it; otherwise it goes on chunked.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
  // Wakes next(), which then fails: the upstream answered before it read everything, or broke.
  virtual void stop() = 0;
};

}  // namespace penstock::http

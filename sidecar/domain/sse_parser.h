#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::domain {

// One server-sent event, or a block without data (a comment used as a ping, a stray blank line).
//
// All views live until the parser is touched again, and no longer than the bytes it was fed.
struct SseEvent {
  std::string_view raw;   // the exact bytes, including the blank line that ends it
  std::string_view name;  // value of the last `event:` line, or empty
  std::string_view
      data;  // the `data:` lines joined by '\n'; a view into `raw` when there is only one
  bool has_data = false;  // whether there was any `data:` line
};

// Splits a stream of server-sent events (HTML standard, section 9.2) without changing a byte.
//
//   parser.feed(bytes, [&](const SseEvent& event) { … });
//
// Accepts LF, CRLF and CR, comments, a byte order mark at the start, fields with and without a
// space after the colon, and cuts anywhere. However the input is cut, the events are the same, and
// their `raw` parts together with `pending()` are exactly the bytes consumed.
//
// An event wholly inside one piece is viewed in place; only one that is cut is copied, up to
// `event_bytes_max`. Past that the parser is `overflowed()` for good: it consumes nothing more, and
// whoever relays the stream sends pending() and then the unconsumed bytes as they are.
//
// Latency: an event is visited as soon as its blank line is there. Only where a CR ends the input
// in a stream that is not known to end its lines with CR alone does the parser wait one byte for a
// possible LF.
//
// Small on purpose: every quiet stream holds two. Threads: not safe. One parser belongs to one
// stream.
class SseParser {
 public:
  static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20;

  // REQUIRES: event_bytes_max below 4 GiB; more is taken as that.
  explicit SseParser(std::size_t event_bytes_max = kEventBytesMax)
      : event_bytes_max_(static_cast<Offset>(
            std::min<std::size_t>(event_bytes_max, std::numeric_limits<Offset>::max()))) {}

  // Visits every event that `bytes` completes. Returns how many bytes were consumed: all, unless
  // overflowed.
  template <class Visitor>
  std::size_t feed(std::string_view bytes, Visitor&& visit) {
    std::string_view rest = bytes;
    while (const std::optional<SseEvent> event = next(rest)) {
      visit(*event);
    }
    return bytes.size() - rest.size();
  }

  // feed(), one event at a time: takes bytes off the front of `rest`; none when all were taken or
  // on overflow.
  std::optional<SseEvent> next(std::string_view& rest);

  // The stream has ended: the unfinished event as if a blank line had followed, or none. The
  // standard drops such an event; readers of usage look at it because some servers leave out the
  // last blank line.
  std::optional<SseEvent> finish();

  // Bytes consumed that belong to no event yet.
  [[nodiscard]] std::string_view pending() const {
    return spent_ ? std::string_view{} : std::string_view(buffer_);
  }
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  enum class LineEnd : std::uint8_t { kUnknown, kLf, kCrLf, kCr };
  using Offset = std::uint32_t;  // from the current event's first byte
  struct Span {
    Offset begin = 0;
    Offset size = 0;
  };

  std::size_t advance(std::string_view event);
  std::size_t line_end(std::string_view event, std::size_t at, bool blank);
  void read_line(std::string_view event, Span line);
  SseEvent emit(std::string_view raw);
  std::optional<SseEvent> next_from_buffer(std::string_view& rest);

  std::string buffer_;  // the unfinished event, or one that was just visited (`spent_`)
  std::unique_ptr<std::string> joined_;  // data of an event with several data lines
  Offset event_bytes_max_;

  // Where the scan of the current event stands.
  Offset scanned_ = 0;
  Span line_;
  Span name_;
  Span data_;
  Offset data_lines_ = 0;

  LineEnd last_line_end_ = LineEnd::kUnknown;
  bool at_start_ = true;
  bool spent_ = false;
  bool overflowed_ = false;
};

}  // namespace penstock::domain

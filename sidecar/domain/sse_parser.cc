#include "sidecar/domain/sse_parser.h"

#include <algorithm>
#include <cstring>

#include "sidecar/domain/byte_scan.h"

namespace penstock::domain {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// How much of a new piece joins a cut event at a time: the piece may hold many events after this
// one's end.
constexpr std::size_t kAppendStep = 1024;
// Ten thousand idle streams must not each keep the buffer of their largest event.
constexpr std::size_t kKeepCapacityMax = 1024;

void release(std::string& text) {
  if (text.capacity() > kKeepCapacityMax) {
    text = std::string();
  } else {
    text.clear();
  }
}

}  // namespace

std::optional<SseEvent> SseParser::next(std::string_view& rest) {
  if (spent_) {
    release(buffer_);
    spent_ = false;
  }
  if (data_lines_ == 0) {
    joined_.reset();
  }
  if (overflowed_) {
    return std::nullopt;
  }
  if (!buffer_.empty()) {
    return next_from_buffer(rest);
  }
  if (const std::size_t end = advance(rest); end != 0) {
    const std::string_view raw = rest.substr(0, end);
    rest.remove_prefix(end);
    return emit(raw);
  }
  if (rest.size() > event_bytes_max_) {
    overflowed_ = true;
    return std::nullopt;
  }
  buffer_.assign(rest);
  rest = {};
  return std::nullopt;
}

std::optional<SseEvent> SseParser::next_from_buffer(std::string_view& rest) {
  while (!rest.empty()) {
    const std::size_t taken = std::min(rest.size(), kAppendStep);
    if (buffer_.size() + taken > event_bytes_max_) {
      overflowed_ = true;
      return std::nullopt;
    }
    buffer_.append(rest.substr(0, taken));
    if (const std::size_t end = advance(buffer_); end != 0) {
      rest.remove_prefix(taken - (buffer_.size() - end));
      buffer_.resize(end);
      spent_ = true;
      return emit(buffer_);
    }
    rest.remove_prefix(taken);
  }
  return std::nullopt;
}

std::optional<SseEvent> SseParser::finish() {
  if (spent_ || overflowed_ || buffer_.empty()) {
    return std::nullopt;
  }
  std::size_t end = buffer_.size();
  if (end > line_.begin && buffer_[end - 1] == '\r') {
    --end;
  }
  line_.size = static_cast<Offset>(end) - line_.begin;
  if (line_.size > 0) {
    read_line(buffer_, line_);
  }
  spent_ = true;
  return emit(buffer_);
}

// Reads on through `event`, which starts at the current event's first byte. Returns where the event
// ends, or 0.
std::size_t SseParser::advance(std::string_view event) {
  const char* const begin = event.data();
  const char* const end = begin + event.size();
  for (;;) {
    const char* const eol = find_either(begin + scanned_, end, '\n', '\r');
    scanned_ = static_cast<Offset>(eol - begin);
    if (eol == end) {
      return 0;
    }
    Span line{line_.begin, scanned_ - line_.begin};
    if (at_start_ && event.substr(line.begin, line.size).starts_with(kByteOrderMark)) {
      line.begin += static_cast<Offset>(kByteOrderMark.size());
      line.size -= static_cast<Offset>(kByteOrderMark.size());
    }
    const bool blank = line.size == 0;
    const std::size_t next = line_end(event, scanned_, blank);
    if (next == 0) {
      return 0;
    }
    at_start_ = false;
    scanned_ = static_cast<Offset>(next);
    line_.begin = static_cast<Offset>(next);
    if (blank) {
      return next;
    }
    read_line(event, line);
  }
}

// The offset after the line end at `at`, or 0 when the next byte must be seen first.
std::size_t SseParser::line_end(std::string_view event, std::size_t at, bool blank) {
  if (event[at] == '\n') {
    last_line_end_ = LineEnd::kLf;
    return at + 1;
  }
  // In a stream of bare CRs an event leaves at its last CR, without waiting for the next event's
  // first byte. The rule looks at bytes already passed only, so that it does not depend on where
  // the input was cut.
  if (blank && last_line_end_ == LineEnd::kCr) {
    return at + 1;
  }
  if (at + 1 == event.size()) {
    return 0;
  }
  const bool crlf = event[at + 1] == '\n';
  last_line_end_ = crlf ? LineEnd::kCrLf : LineEnd::kCr;
  return at + (crlf ? 2 : 1);
}

void SseParser::read_line(std::string_view event, Span line) {
  const std::string_view text = event.substr(line.begin, line.size);
  const std::size_t colon = text.find(':');
  const std::string_view field = text.substr(0, colon);
  const bool is_data = field == "data";
  if (!is_data && field != "event") {
    return;  // a comment, `id`, `retry`, or a field that nobody knows
  }
  std::size_t skip = colon == std::string_view::npos ? text.size() : colon + 1;
  if (skip < text.size() && text[skip] == ' ') {
    ++skip;
  }
  const Span value{line.begin + static_cast<Offset>(skip), line.size - static_cast<Offset>(skip)};
  if (!is_data) {
    name_ = value;
    return;
  }
  ++data_lines_;
  if (data_lines_ == 1) {
    data_ = value;
    return;
  }
  if (data_lines_ == 2) {
    joined_ = std::make_unique<std::string>(event.substr(data_.begin, data_.size));
  }
  joined_->push_back('\n');
  joined_->append(event.substr(value.begin, value.size));
}

SseEvent SseParser::emit(std::string_view raw) {
  SseEvent event;
  event.raw = raw;
  event.name = raw.substr(name_.begin, name_.size);
  event.has_data = data_lines_ > 0;
  event.data = data_lines_ > 1 ? std::string_view(*joined_) : raw.substr(data_.begin, data_.size);
  scanned_ = 0;
  line_ = {};
  name_ = {};
  data_ = {};
  data_lines_ = 0;
  return event;
}

}  // namespace penstock::domain

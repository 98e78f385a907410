#include "sidecar/domain/unfinished_event.h"

namespace penstock::domain {
namespace {

// Enough to see that what follows is a blank line.
constexpr std::size_t kContextBytes = 2;

bool ends_line(char byte) {
  return byte == '\n' || byte == '\r';
}

// Where the last event of `text` ends whose blank line ends behind `from`; 0: none does. An event
// begins at the first byte.
std::size_t last_event_end(std::string_view text, std::size_t from) {
  for (std::size_t end = text.size(); end > from; --end) {
    if (!ends_line(text[end - 1])) {
      continue;
    }
    std::size_t line_end = end - 1;
    if (text[line_end] == '\n' && line_end > 0 && text[line_end - 1] == '\r') {
      --line_end;
    }
    if (line_end == 0 || ends_line(text[line_end - 1])) {
      return end;
    }
  }
  return 0;
}

}  // namespace

void UnfinishedEvent::feed(std::string_view sent) {
  if (tail_ == nullptr) {
    keep(sent.substr(last_event_end(sent, 0)));
    return;
  }
  std::string& bytes = tail_->bytes;
  const std::size_t before = bytes.size();
  bytes.append(sent);
  if (const std::size_t end = last_event_end(bytes, before); end > 0) {
    keep(sent.substr(sent.size() - (bytes.size() - end)));
  } else if (tail_->too_long || bytes.size() > kBytesMax) {
    tail_->too_long = true;
    bytes.erase(0, bytes.size() - kContextBytes);
  }
}

void UnfinishedEvent::keep(std::string_view event) {
  tail_.reset();
  if (event.empty()) {
    return;
  }
  const bool too_long = event.size() > kBytesMax;
  if (too_long) {
    event.remove_prefix(event.size() - kContextBytes);
  }
  tail_ = std::make_unique<Tail>(std::string(event), too_long);
}

}  // namespace penstock::domain

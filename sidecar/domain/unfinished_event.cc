#include "sidecar/domain/unfinished_event.h"

namespace penstock::domain {
namespace {

// Enough to see that what follows is a blank line.
constexpr std::size_t kContextBytes = 2;
// Ten thousand idle streams must not each keep the room of their largest event.
constexpr std::size_t kKeepCapacityMax = 1024;

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
  if (bytes_.empty()) {
    keep(sent.substr(last_event_end(sent, 0)));
    return;
  }
  const std::size_t before = bytes_.size();
  bytes_.append(sent);
  if (const std::size_t end = last_event_end(bytes_, before); end > 0) {
    too_long_ = false;
    const std::size_t rest = bytes_.size() - end;
    bytes_.clear();
    keep(sent.substr(sent.size() - rest));
  } else if (too_long_ || bytes_.size() > kBytesMax) {
    too_long_ = true;
    bytes_.erase(0, bytes_.size() - kContextBytes);
  }
}

void UnfinishedEvent::keep(std::string_view event) {
  too_long_ = event.size() > kBytesMax;
  if (too_long_) {
    event.remove_prefix(event.size() - kContextBytes);
  }
  if (event.empty() && bytes_.capacity() > kKeepCapacityMax) {
    bytes_ = std::string();
  } else {
    bytes_.assign(event);
  }
}

void UnfinishedEvent::clear() {
  bytes_ = std::string();
  too_long_ = false;
}

}  // namespace penstock::domain

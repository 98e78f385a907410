#include "sidecar/dialect/unfinished_event.h"

#include <algorithm>

#include "sidecar/domain/byte_scan.h"

namespace penstock::dialect {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool ends_line(char byte) {
  return byte == '\n' || byte == '\r';
}

// Where the last event of `text` ends, which begins with one; 0: none does.
std::size_t last_event_end(std::string_view text) {
  for (std::size_t end = text.size(); end > 0; --end) {
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

// As much of `part` as there is room for behind the first `size` bytes of `into`.
template <std::size_t kRoom>
void append(std::array<char, kRoom>& into, std::uint8_t& size, std::string_view part) {
  const std::string_view fits = part.substr(0, kRoom - size);
  std::ranges::copy(fits, into.begin() + size);
  size = static_cast<std::uint8_t>(size + fits.size());
}

}  // namespace

void UnfinishedEvent::feed(std::string_view sent) {
  if (tail_ != nullptr) {
    bool whole = false;
    sent.remove_prefix(tail_->feed(sent, whole));
    if (!whole) {
      return;
    }
    tail_.reset();
  }
  const bool begins_stream = !begun_;
  begun_ = begun_ || !sent.empty();
  const std::size_t end = last_event_end(sent);
  sent.remove_prefix(end);
  if (!sent.empty()) {
    tail_ = std::make_unique<Tail>(begins_stream && end == 0);
    bool whole = false;
    tail_->feed(sent, whole);
  }
}

void UnfinishedEvent::clear() {
  tail_.reset();
  begun_ = false;
}

std::optional<std::string_view> UnfinishedEvent::rest_of_done() const {
  const std::string_view begun(tail_->begun.data(), tail_->begun_size);
  return begun.empty() || !kDone.starts_with(begun) ? std::nullopt
                                                    : std::optional(kDone.substr(begun.size()));
}

std::size_t UnfinishedEvent::Tail::feed(std::string_view sent, bool& whole) {
  std::size_t at = after_cr && sent.starts_with('\n') ? 1 : 0;
  after_cr = after_cr && sent.empty();
  while (at < sent.size()) {
    const char* const from = sent.data() + at;
    const char* const to = sent.data() + sent.size();
    const char* const eol = domain::find_either(from, to, '\n', '\r');
    take({from, eol});
    if (eol == to) {
      break;
    }
    const auto line_end = static_cast<std::size_t>(eol - sent.data());
    at = line_end + (sent.substr(line_end).starts_with("\r\n") ? 2 : 1);
    if (line == Line::kName && name_size == 0) {
      whole = true;
      return at;
    }
    end_line();
    after_cr = at == sent.size() && *eol == '\r' && sent.ends_with('\r');
  }
  return sent.size();
}

// A part of a line, without its end.
void UnfinishedEvent::Tail::take(std::string_view part) {
  if (line == Line::kName) {
    const std::size_t colon = part.find(':');
    append(name, name_size, part.substr(0, colon));
    if (colon == std::string_view::npos) {
      return;
    }
    line = names_data() ? Line::kColon : Line::kOther;
    part.remove_prefix(colon + 1);
  }
  if (part.empty() || line == Line::kOther) {
    return;
  }
  if (line == Line::kColon) {
    line = Line::kData;
    part.remove_prefix(part.starts_with(' ') ? 1 : 0);
  }
  take_data(part);
}

void UnfinishedEvent::Tail::take_data(std::string_view part) {
  json.feed(part);
  append(begun, begun_size, part);
}

void UnfinishedEvent::Tail::end_line() {
  if (line == Line::kName && names_data()) {
    line = Line::kColon;
  }
  // Before what another line of data would say.
  if (line == Line::kColon || line == Line::kData) {
    take_data("\n");
  }
  line = Line::kName;
  name_size = 0;
  begins_stream = false;
}

bool UnfinishedEvent::Tail::names_data() const {
  std::string_view field(name.data(), name_size);
  if (begins_stream && field.starts_with(kByteOrderMark)) {
    field.remove_prefix(kByteOrderMark.size());
  }
  return field == "data";
}

}  // namespace penstock::dialect

#include "sidecar/dialect/usage_strip.h"

#include <optional>

#include "sidecar/dialect/json_walk.h"
#include "sidecar/dialect/request_facts.h"
#include "sidecar/domain/byte_scan.h"

namespace penstock::dialect {
namespace {

constexpr std::string_view kUsageKey = "\"usage\"";
// Nobody repeats the member; who does so without end gets the rest forwarded.
constexpr int kRepeatsMax = 16;

struct Chunk {
  bool has_choices = false;  // at least one
  bool has_usage_object = false;
  std::optional<ByteRange>
      cut;  // the first usage member and its comma, where the chunk is readable
  bool repeats = false;
};

bool may_hold_usage(std::string_view data) {
  const char* const end = data.end();
  for (const char* p = data.begin();; ++p) {
    p = domain::find_pair(p, end, kUsageKey[0], kUsageKey[1]);
    if (p == end) {
      return false;
    }
    if (std::string_view(p, end).starts_with(kUsageKey)) {
      return true;
    }
  }
}

bool is_empty_array(std::string_view value) {
  ArrayWalk walk(value);
  std::string_view first;
  return !walk.next(first) && walk.complete();
}

// From after the member before to the end of the usage member; the first member takes the comma
// behind it instead.
Chunk read_chunk(std::string_view data) {
  Chunk chunk;
  ObjectWalk walk(data);
  ByteRange cut;
  std::size_t previous_end = 0;
  bool found = false;
  bool takes_next_comma = false;
  for (JsonMember member; walk.next(member);) {
    if (takes_next_comma) {
      cut.end = member.begin;
      takes_next_comma = false;
    }
    if (member.key == "usage") {
      chunk.has_usage_object = chunk.has_usage_object || is_object(member.value);
      chunk.repeats = found;
      if (!found) {
        takes_next_comma = previous_end == 0;
        cut = ByteRange{takes_next_comma ? member.begin : previous_end, member.end};
        found = true;
      }
    } else if (member.key == "choices") {
      chunk.has_choices = member.value != "null" && !is_empty_array(member.value);
    }
    previous_end = member.end;
  }
  if (found && walk.complete()) {
    chunk.cut = cut;
  }
  return chunk;
}

bool is_usage_only(const Chunk& chunk, std::string_view data) {
  return chunk.has_usage_object && !chunk.has_choices && !find_member(data, "error");
}

// Line by line, as the parser sees them; `line` comes with its line end.
bool next_line(std::string_view& rest, std::string_view& line) {
  if (rest.empty()) {
    return false;
  }
  const char* const end = rest.end();
  const char* const eol = domain::find_either(rest.begin(), end, '\n', '\r');
  std::size_t size = static_cast<std::size_t>(eol - rest.begin());
  if (eol != end) {
    size += rest.substr(size).starts_with("\r\n") ? 2U : 1U;
  }
  line = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

bool is_data_line(std::string_view line) {
  return line.starts_with("data") && (line.size() == 4 || line.find_first_of(":\r\n") == 4);
}

}  // namespace

UsageStripper::Output UsageStripper::on_event(const domain::SseEvent& event) {
  if (!event.has_data || !may_hold_usage(event.data)) {
    return {event.raw, {}};
  }
  const Chunk chunk = read_chunk(event.data);
  if (!chunk.cut) {
    return {event.raw, {}};
  }
  if (is_usage_only(chunk, event.data)) {
    return {};
  }
  const bool in_place =
      event.data.data() >= event.raw.data() &&
      event.data.data() + event.data.size() <= event.raw.data() + event.raw.size();
  if (in_place && !chunk.repeats) {
    const auto data_begin = static_cast<std::size_t>(event.data.data() - event.raw.data());
    return {event.raw.substr(0, data_begin + chunk.cut->begin),
            event.raw.substr(data_begin + chunk.cut->end)};
  }
  std::string data(event.data);
  auto cut = chunk.cut;
  for (int round = 0; cut && round < kRepeatsMax; ++round) {
    data.erase(cut->begin, cut->end - cut->begin);
    cut = read_chunk(data).cut;
  }
  return rebuilt(event, data);
}

// The event with `data` as its only data line, in the place of the first one. Line breaks in a JSON
// text stand between tokens only, so blanks can take their place.
UsageStripper::Output UsageStripper::rebuilt(const domain::SseEvent& event, std::string_view data) {
  buffer_.clear();
  bool written = false;
  std::string_view rest = event.raw;
  for (std::string_view line; next_line(rest, line);) {
    if (!is_data_line(line)) {
      buffer_.append(line);
      continue;
    }
    if (written) {
      continue;
    }
    written = true;
    buffer_.append("data: ");
    for (const char c : data) {
      buffer_.push_back(c == '\n' || c == '\r' ? ' ' : c);
    }
    buffer_.append(line.substr(std::min(line.find_first_of("\r\n"), line.size())));
  }
  return {buffer_, {}};
}

std::string strip_usage(std::string_view stream) {
  std::string stripped;
  if (!stream.contains("\"usage\"")) {
    return stripped;
  }
  stripped.reserve(stream.size());
  domain::SseParser parser;
  UsageStripper stripper;
  parser.feed(stream, [&](const domain::SseEvent& event) {
    const UsageStripper::Output kept = stripper.on_event(event);
    stripped += kept.head;
    stripped += kept.tail;
  });
  stripped += parser.pending();
  return stripped;
}

}  // namespace penstock::dialect

#include "sidecar/http1/field_lines.h"

#include <cstddef>
#include <cstring>

#include "sidecar/http1/byte_scan.h"
#include "sidecar/http1/field_syntax.h"

namespace penstock::http1 {
namespace {

// Room for a common head without growing; the memory is kept by whoever keeps the head.
constexpr std::size_t kUsualFields = 32;

std::string_view name_fault(const char* name, const char* stop, bool first_line) {
  if (is_ows(*stop)) {
    if (stop != name) {
      return "space before the colon";
    }
    return first_line ? "space before the first field" : "folded field line";
  }
  if (*stop == '\n' || *stop == '\r') {
    return "field line without a colon";
  }
  return stop == name && *stop == ':' ? "empty field name" : "byte not allowed in a field name";
}

}  // namespace

Progress LineReader::refuse(std::string_view reason, ErrorCode code) {
  if (std::memchr(position, '\n', static_cast<std::size_t>(end - position)) == nullptr) {
    return Progress::kNeedMore;
  }
  fault = Fault{code, reason};
  return Progress::kError;
}

Progress LineReader::take_line_end(std::string_view otherwise) {
  if (end - position >= 2 && position[0] == '\r' && position[1] == '\n') {
    position += 2;
    return Progress::kDone;
  }
  if (position != end && *position == '\n') {
    return refuse("line feed without carriage return");
  }
  if (end - position >= 2 && *position == '\r') {
    return refuse("carriage return without line feed");
  }
  return refuse(otherwise);
}

Progress LineReader::take_field(HeadFields& out) {
  const char* const name = position;
  const char* const colon = skip_token(name, end);
  if (colon == end) {
    return Progress::kNeedMore;
  }
  if (*colon != ':' || colon == name) {
    return refuse(name_fault(name, colon, out.fields.empty()));
  }
  const char* value = colon + 1;
  while (value != end && is_ows(*value)) {
    ++value;
  }
  const char* const value_end = skip_field_value(value, end);
  position = value_end;  // the value holds no line feed, so refuse() still looks at this line's
  if (const Progress p = take_line_end("control byte in a field value"); p != Progress::kDone) {
    position = name;
    return p;
  }
  const char* last = value_end;
  while (last != value && is_ows(last[-1])) {
    --last;
  }
  const std::string_view text(name, static_cast<std::size_t>(colon - name));
  out.add({text, std::string_view(value, static_cast<std::size_t>(last - value)), header_id(text)});
  return Progress::kDone;
}

Progress LineReader::take_fields(std::uint32_t lines_max, HeadFields& out) {
  if (out.fields.capacity() < kUsualFields) {
    out.fields.reserve(kUsualFields);
  }
  while (position != end) {
    if (*position == '\r' || *position == '\n') {
      return take_line_end("carriage return without line feed");
    }
    if (out.fields.size() == lines_max) {
      return refuse("too many field lines", ErrorCode::kHeadTooLarge);
    }
    if (const Progress p = take_field(out); p != Progress::kDone) {
      return p;
    }
  }
  return Progress::kNeedMore;
}

}  // namespace penstock::http1

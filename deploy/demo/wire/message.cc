#include "deploy/demo/wire/message.h"

#include <algorithm>
#include <charconv>

namespace penstock::demo::wire {
namespace {

constexpr std::size_t kLineMax = 8192;
constexpr std::size_t kFieldsMax = 256;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view first_value(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (equals_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return {};
}

// Takes one line ending in CRLF off the front.
std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

bool parse_fields(std::string_view text, std::vector<Field>& fields) {
  fields.clear();
  for (auto line = next_line(text); line; line = next_line(text)) {
    if (line->empty()) {
      return text.empty();
    }
    const auto colon = line->find(':');
    if (colon == std::string_view::npos || colon == 0 || fields.size() == kFieldsMax) {
      return false;
    }
    fields.push_back({line->substr(0, colon), trimmed(line->substr(colon + 1))});
  }
  return false;
}

std::optional<int> minor_version(std::string_view version) {
  if (version == "HTTP/1.1") {
    return 1;
  }
  return version == "HTTP/1.0" ? std::optional(0) : std::nullopt;
}

// Every Content-Length of a head must say the same.
std::optional<BodyPlan> plan_of(const std::vector<Field>& fields, BodyPlan otherwise) {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  for (const Field& field : fields) {
    if (equals_ignoring_case(field.name, "content-length")) {
      const auto said = number(field.value);
      if (!said || (length && *length != *said)) {
        return std::nullopt;
      }
      length = said;
    } else if (equals_ignoring_case(field.name, "transfer-encoding")) {
      if (!equals_ignoring_case(field.value, "chunked")) {
        return std::nullopt;
      }
      chunked = true;
    }
  }
  if (chunked) {
    return length ? std::nullopt : std::optional(BodyPlan{Framing::kChunked, 0});
  }
  return length ? BodyPlan{Framing::kLength, *length} : otherwise;
}

}  // namespace

std::string_view RequestHead::value(std::string_view name) const {
  return first_value(fields, name);
}

std::string_view ResponseHead::value(std::string_view name) const {
  return first_value(fields, name);
}

std::size_t head_end(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  return end == std::string_view::npos ? end : end + 4;
}

bool parse(std::string_view text, RequestHead& out) {
  const auto line = next_line(text);
  if (!line) {
    return false;
  }
  const auto first = line->find(' ');
  const auto last = line->rfind(' ');
  if (first == std::string_view::npos || last <= first + 1 || first == 0) {
    return false;
  }
  const auto version = minor_version(line->substr(last + 1));
  if (!version) {
    return false;
  }
  out.method = line->substr(0, first);
  out.target = line->substr(first + 1, last - first - 1);
  out.minor_version = *version;
  return parse_fields(text, out.fields);
}

bool parse(std::string_view text, ResponseHead& out) {
  const auto line = next_line(text);
  if (!line || line->size() < 12) {
    return false;
  }
  const auto version = minor_version(line->substr(0, 8));
  const auto status = number(line->substr(9, 3));
  if (!version || !status || *status < 100 || (*line)[8] != ' ') {
    return false;
  }
  out.minor_version = *version;
  out.status = static_cast<int>(*status);
  return parse_fields(text, out.fields);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool lists(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (equals_ignoring_case(trimmed(value.substr(0, comma)), token)) {
      return true;
    }
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return false;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<BodyPlan> body_plan(const RequestHead& head) {
  return plan_of(head.fields, {});
}

std::optional<BodyPlan> body_plan(const ResponseHead& head, bool head_request) {
  if (head_request || head.status < 200 || head.status == 204 || head.status == 304) {
    return BodyPlan{};
  }
  return plan_of(head.fields, {Framing::kUntilClose, 0});
}

bool ChunkReader::take_line(std::string_view& input) {
  const auto end = input.find('\n');
  line_.append(input.substr(0, end));
  if (end == std::string_view::npos) {
    input = {};
    return false;
  }
  input.remove_prefix(end + 1);
  return true;
}

ChunkReader::State ChunkReader::on_line() {
  if (!line_.ends_with('\r')) {
    return State::kBroken;
  }
  line_.pop_back();
  if (part_ == Part::kTrailer) {
    if (line_.empty()) {
      return State::kDone;
    }
    trailers_.push_back(line_);
    return trailers_.size() > kFieldsMax ? State::kBroken : State::kMore;
  }
  if (part_ == Part::kDataEnd) {
    part_ = Part::kSize;
    return line_.empty() ? State::kMore : State::kBroken;
  }
  const std::string_view digits = trimmed(std::string_view(line_).substr(0, line_.find(';')));
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return State::kBroken;
  }
  part_ = left_ == 0 ? Part::kTrailer : Part::kData;
  return State::kMore;
}

ChunkReader::State ChunkReader::feed(std::string_view& input, std::string& out) {
  while (!input.empty()) {
    if (part_ == Part::kData) {
      const auto take = std::min<std::uint64_t>(left_, input.size());
      out.append(input.substr(0, take));
      input.remove_prefix(take);
      left_ -= take;
      part_ = left_ == 0 ? Part::kDataEnd : Part::kData;
      continue;
    }
    if (!take_line(input)) {
      return line_.size() > kLineMax ? State::kBroken : State::kMore;
    }
    const State state = on_line();
    line_.clear();
    if (state != State::kMore) {
      return state;
    }
  }
  return State::kMore;
}

}  // namespace penstock::demo::wire

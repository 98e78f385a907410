#include "sidecar/dialect/json_walk.h"

#include <charconv>

#include "sidecar/dialect/json_skip.h"
#include "sidecar/domain/byte_scan.h"

namespace penstock::dialect {
namespace {

// `p` stands after the opening quote. Returns the place after the closing one, or null.
const char* skip_string(const char* p, const char* end) {
  constexpr std::ptrdiff_t kShort = 16;  // as nearly every key and most values are
  if (end - p >= kShort) {
    const char* const stop = domain::find_either(p, p + kShort, '"', '\\');
    if (stop != p + kShort && *stop == '"') {
      return stop + 1;
    }
  }
  bool escaped = false;
  return skip_json_string(p, end, escaped);
}

// `p` stands after the opening bracket.
const char* skip_container(const char* p, const char* end) {
  ContainerSkip skip;
  p = skip.run(p, end);
  return skip.closed() ? p : nullptr;
}

const char* skip_scalar(const char* p, const char* end) {
  const char* const begin = p;
  while (p != end && *p != ',' && *p != '}' && *p != ']' && *p != ':' &&
         !domain::is_json_space(*p)) {
    ++p;
  }
  return p == begin ? nullptr : p;
}

const char* skip_value(const char* p, const char* end) {
  if (p == end) {
    return nullptr;
  }
  if (*p == '"') {
    return skip_string(p + 1, end);
  }
  if (*p == '{' || *p == '[') {
    return skip_container(p + 1, end);
  }
  return skip_scalar(p, end);
}

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

const char* enter(std::string_view text, char bracket) {
  const char* const end = text.end();
  const char* const p = domain::skip_json_space(text.begin(), end);
  return p != end && *p == bracket ? p + 1 : nullptr;
}

// Moves to the next element: over the comma, unless it is the first. Null at the closing bracket
// (`complete` is set) and where the text is broken.
const char* next_element(const char* p, const char* end, char close, bool first, bool& complete) {
  p = domain::skip_json_space(p, end);
  if (p == end) {
    return nullptr;
  }
  if (*p == close) {
    complete = true;
    return nullptr;
  }
  if (first) {
    return p;
  }
  return *p == ',' ? domain::skip_json_space(p + 1, end) : nullptr;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const int folded = c | 0x20;
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

std::optional<std::uint32_t> code_unit(std::string_view digits) {
  if (digits.size() < 4) {
    return std::nullopt;
  }
  std::uint32_t unit = 0;
  for (const char c : digits.substr(0, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) {
      return std::nullopt;
    }
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  return unit;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// `rest` starts after "\u". Returns how many characters of it were used.
std::size_t append_unicode(std::string& out, std::string_view rest) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const auto unit = code_unit(rest);
  if (!unit) {
    append_utf8(out, kReplacement);
    return 0;
  }
  if (*unit < 0xD800 || *unit > 0xDFFF) {
    append_utf8(out, *unit);
    return 4;
  }
  const bool paired = *unit < 0xDC00 && rest.substr(4).starts_with("\\u");
  const auto low = paired ? code_unit(rest.substr(6)) : std::nullopt;
  if (!low || *low < 0xDC00 || *low > 0xDFFF) {
    append_utf8(out, kReplacement);
    return 4;
  }
  append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
  return 10;
}

char simple_escape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 'f': return '\f';
    default: return c;
  }
}

}  // namespace

ObjectWalk::ObjectWalk(std::string_view text)
    : begin_(text.data()), at_(enter(text, '{')), end_(text.data() + text.size()) {}

bool ObjectWalk::next(JsonMember& member) {
  return next_key(member) && take_value(member);
}

bool ObjectWalk::next_key(JsonMember& member) {
  if (at_ == nullptr) {
    return false;
  }
  const char* const key = next_element(at_, end_, '}', first_, complete_);
  if (complete_) {
    tail_ = between(domain::skip_json_space(at_, end_) + 1, end_);
  }
  at_ = nullptr;
  first_ = false;
  if (key == nullptr || key == end_ || *key != '"') {
    return false;
  }
  const char* const key_end = skip_string(key + 1, end_);
  if (key_end == nullptr) {
    return false;
  }
  const char* const colon = domain::skip_json_space(key_end, end_);
  if (colon == end_ || *colon != ':') {
    return false;
  }
  member.key = between(key + 1, key_end - 1);
  member.begin = static_cast<std::size_t>(key - begin_);
  at_ = domain::skip_json_space(colon + 1, end_);
  return true;
}

bool ObjectWalk::take_value(JsonMember& member) {
  const char* const value = at_;
  at_ = skip_value(value, end_);
  if (at_ == nullptr) {
    return false;
  }
  member.value = between(value, at_);
  member.end = static_cast<std::size_t>(at_ - begin_);
  return true;
}

bool ObjectWalk::take_value_to(std::string_view tail, JsonMember& member) {
  member.value = between(at_, tail.data());
  member.end = static_cast<std::size_t>(tail.data() - begin_);
  at_ = tail.data();
  return true;
}

ArrayWalk::ArrayWalk(std::string_view text)
    : at_(enter(text, '[')), end_(text.data() + text.size()) {}

bool ArrayWalk::next(std::string_view& value) {
  if (at_ == nullptr) {
    return false;
  }
  const char* const element = next_element(at_, end_, ']', first_, complete_);
  at_ = nullptr;
  first_ = false;
  const char* const element_end = element == nullptr ? nullptr : skip_value(element, end_);
  if (element_end == nullptr) {
    return false;
  }
  value = between(element, element_end);
  at_ = element_end;
  return true;
}

bool ArrayWalk::next_object(std::string_view tail, std::string_view& from_object) {
  if (at_ == nullptr || (!first_ && tail.data() == nullptr)) {
    return false;
  }
  at_ = first_ ? at_ : tail.data();
  const char* const element = next_element(at_, end_, ']', first_, complete_);
  if (complete_) {
    tail_ = between(domain::skip_json_space(at_, end_) + 1, end_);
  }
  first_ = false;
  if (element == nullptr || element == end_ || *element != '{') {
    at_ = nullptr;
    return false;
  }
  from_object = between(element, end_);
  return true;
}

std::optional<std::string_view> find_member(std::string_view object, std::string_view key) {
  std::optional<std::string_view> found;
  ObjectWalk walk(object);
  for (JsonMember member; walk.next(member);) {
    if (member.key == key) {
      found = member.value;
    }
  }
  return found;
}

std::string unescaped(std::string_view value) {
  std::string_view rest = string_body(value);
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const std::size_t slash = rest.find('\\');
    out.append(rest.substr(0, slash));
    if (slash == std::string_view::npos || slash + 1 >= rest.size()) {
      break;
    }
    const char escape = rest[slash + 1];
    rest.remove_prefix(slash + 2);
    if (escape == 'u') {
      rest.remove_prefix(append_unicode(out, rest));
    } else {
      out.push_back(simple_escape(escape));
    }
  }
  return out;
}

std::optional<std::int64_t> integer(std::string_view value) {
  std::int64_t number = 0;
  const char* const end = value.end();
  const auto [after, error] = std::from_chars(value.begin(), end, number);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  if (after == end) {
    return number;
  }
  const std::string_view fraction = between(after, end);
  const bool zeros = fraction.size() > 1 && fraction[0] == '.' &&
                     fraction.find_first_not_of('0', 1) == std::string_view::npos;
  return zeros ? std::optional(number) : std::nullopt;
}

}  // namespace penstock::dialect

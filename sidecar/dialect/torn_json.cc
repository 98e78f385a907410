#include "sidecar/dialect/torn_json.h"

#include <algorithm>
#include <charconv>

#include "sidecar/domain/byte_scan.h"

namespace penstock::dialect {
namespace {

constexpr std::size_t kHexDigits = 4;
// Of an escape, in front of its digits: `\u`.
constexpr std::uint8_t kBeforeDigits = 2;

bool ends_scalar(char c) {
  return domain::is_json_space(c) || c == ',' || c == ':' || c == ']' || c == '}' || c == '"';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_high_surrogate(std::string_view digits) {
  unsigned code = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return code >= 0xD800U && code < 0xDC00U;
}

// What is missing of a character whose first bytes end `text`.
std::string rest_of_character(std::string_view text) {
  std::size_t begun = 0;  // continuation bytes that are there
  while (begun < text.size() &&
         (static_cast<std::uint8_t>(text[text.size() - 1 - begun]) & 0xC0U) == 0x80U) {
    ++begun;
  }
  if (begun == text.size()) {
    return {};
  }
  const auto lead = static_cast<std::uint8_t>(text[text.size() - 1 - begun]);
  const std::size_t wanted = lead >= 0xF0U ? 3 : lead >= 0xE0U ? 2 : lead >= 0xC0U ? 1 : 0;
  if (wanted <= begun) {
    return {};
  }
  std::string rest(wanted - begun, '\x80');
  // Right behind these, 80 would begin an overlong form.
  if (begun == 0 && lead == 0xE0U) {
    rest.front() = '\xA0';
  } else if (begun == 0 && lead == 0xF0U) {
    rest.front() = '\x90';
  }
  return rest;
}

}  // namespace

TornJson::At TornJson::after_value(const Level& level) {
  return level.is_object && level.at != At::kColon ? At::kKey : At::kValue;
}

// What ends a container that stands in another.
std::string_view TornJson::closing(const Level& level) {
  if (!level.is_object) {
    return level.at == At::kComma ? "null]" : "]";
  }
  switch (level.at) {
    case At::kComma: return R"("":null})";
    case At::kKey: return ":null}";
    case At::kColon: return "null}";
    case At::kBegin:
    case At::kValue: break;
  }
  return "}";
}

void TornJson::feed(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end && !broken_) {
    switch (within_) {
      case Within::kNothing: p = step(p); break;
      case Within::kString: p = escape_ > 0 ? step_escape(p) : step_string(p, end); break;
      case Within::kScalar: p = step_scalar(p, end); break;
    }
  }
}

TornJson::State TornJson::state() const {
  if (broken_) {
    return State::kUnreadable;
  }
  if (levels_.empty()) {
    return closed_ ? State::kWhole : State::kBlank;
  }
  return State::kOpen;
}

std::string TornJson::rest() const {
  std::string rest;
  Level level = levels_.back();
  if (within_ != Within::kNothing) {
    rest = within_ == Within::kString ? rest_of_string() : std::string(rest_of_scalar());
    level.at = after_value(level);
  }
  for (std::size_t depth = levels_.size(); depth > 1; --depth) {
    rest += closing(level);
    level = {.is_object = levels_[depth - 2].is_object, .at = At::kValue};
  }
  switch (level.at) {
    case At::kKey: rest += ":null,"; break;
    case At::kColon: rest += "null,"; break;
    case At::kValue: rest += ","; break;
    case At::kBegin:
    case At::kComma: break;
  }
  return rest;
}

// One byte between values.
const char* TornJson::step(const char* p) {
  const char c = *p;
  if (domain::is_json_space(c)) {
    return p + 1;
  }
  if (levels_.empty()) {
    broken_ = c != '{' || closed_;
    levels_.push_back({.is_object = true});
    return p + 1;
  }
  Level& level = levels_.back();
  switch (c) {
    case '}':
    case ']': close(c == '}'); return p + 1;
    case ',':
      broken_ = level.at != At::kValue;
      level.at = At::kComma;
      return p + 1;
    case ':':
      broken_ = level.at != At::kKey;
      level.at = At::kColon;
      return p + 1;
    default: begin_value(c); return within_ == Within::kScalar ? p : p + 1;
  }
}

void TornJson::begin_value(char first) {
  const Level& level = levels_.back();
  const bool is_begin = level.at == At::kBegin || level.at == At::kComma;
  const bool is_key = level.is_object && is_begin;
  const bool is_container = first == '{' || first == '[';
  broken_ = is_key ? first != '"' : level.is_object ? level.at != At::kColon : !is_begin;
  if (broken_) {
    return;
  }
  if (is_container) {
    broken_ = levels_.size() == kDepthMax;
    levels_.push_back({.is_object = first == '{'});
  } else if (first == '"') {
    within_ = Within::kString;
    high_surrogate_ = false;
    tail_size_ = 0;
  } else {
    within_ = Within::kScalar;
    name_ = first == 't' ? "true" : first == 'f' ? "false" : first == 'n' ? "null" : "";
    name_size_ = 0;
    last_ = 0;
  }
}

void TornJson::close(bool is_object) {
  const Level& level = levels_.back();
  broken_ = level.is_object != is_object || (level.at != At::kBegin && level.at != At::kValue);
  levels_.pop_back();
  if (levels_.empty()) {
    closed_ = true;
  } else {
    took_value();
  }
}

const char* TornJson::step_string(const char* p, const char* end) {
  const char* const stop = domain::find_either(p, end, '"', '\\');
  high_surrogate_ = high_surrogate_ && stop == p;
  if (stop == end) {
    keep_tail({p, stop});
    return end;
  }
  tail_size_ = 0;
  if (*stop == '\\') {
    escape_ = 1;
  } else {
    within_ = Within::kNothing;
    took_value();
  }
  return stop + 1;
}

const char* TornJson::step_escape(const char* p) {
  if (escape_ == 1 && *p != 'u') {
    escape_ = 0;
    high_surrogate_ = false;
    return p + 1;
  }
  if (escape_ >= kBeforeDigits) {
    digits_.at(escape_ - kBeforeDigits) = *p;
  }
  ++escape_;
  if (escape_ == kBeforeDigits + kHexDigits) {
    escape_ = 0;
    high_surrogate_ = !high_surrogate_ && is_high_surrogate({digits_.data(), kHexDigits});
  }
  return p + 1;
}

// Of a run of characters, up to where the text ends for now.
void TornJson::keep_tail(std::string_view run) {
  for (const char c : run.substr(run.size() - std::min(run.size(), tail_.size()))) {
    if (tail_size_ == tail_.size()) {
      std::ranges::rotate(tail_, tail_.begin() + 1);
      --tail_size_;
    }
    tail_.at(tail_size_) = c;
    ++tail_size_;
  }
}

std::string TornJson::rest_of_string() const {
  if (escape_ == 1) {
    return high_surrogate_ ? "udc00\"" : "\\\"";
  }
  if (escape_ == 0) {
    return (high_surrogate_ ? "\\udc00" : rest_of_character({tail_.data(), tail_size_})) + "\"";
  }
  // The other half of a pair is one whatever its digits were going to be.
  const std::size_t there = escape_ - kBeforeDigits;
  std::string digits(digits_.data(), there);
  digits += std::string_view(high_surrogate_ ? "dc00" : "0000").substr(there);
  const bool other_half = !high_surrogate_ && is_high_surrogate(digits);
  return digits.substr(there) + (other_half ? "\\udc00\"" : "\"");
}

const char* TornJson::step_scalar(const char* p, const char* end) {
  for (; p != end && !ends_scalar(*p) && !broken_; ++p) {
    take_of_scalar(*p);
  }
  if (p != end && !broken_) {
    broken_ = !scalar_may_end();
    within_ = Within::kNothing;
    took_value();
  }
  return p;
}

void TornJson::take_of_scalar(char c) {
  if (!name_.empty()) {
    broken_ = name_size_ == name_.size() || c != name_[name_size_];
    ++name_size_;
  } else if (last_ == 0) {
    broken_ = c != '-' && !is_digit(c);
  } else {
    broken_ = !is_digit(c) && !std::string_view("+-.eE").contains(c);
  }
  last_ = c;
}

bool TornJson::scalar_may_end() const {
  return rest_of_scalar().empty();
}

std::string_view TornJson::rest_of_scalar() const {
  if (!name_.empty()) {
    return name_.substr(name_size_);
  }
  return is_digit(last_) ? "" : "0";
}

}  // namespace penstock::dialect

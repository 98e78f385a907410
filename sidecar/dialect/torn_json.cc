#include "sidecar/dialect/torn_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace penstock::dialect {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kHexDigits = 4;

struct Level {
  bool is_object = false;
  enum class At : std::uint8_t { kBegin, kComma, kKey, kColon, kValue } at = At::kBegin;
};

// What is missing of a character whose first bytes end `text`.
std::string rest_of_character(std::string_view text) {
  std::size_t begun = 0;  // continuation bytes that are there
  while (begun < text.size() && begun < 3 &&
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

// How far a string goes, from behind its opening quote; what is missing where that is to the end.
struct StringEnd {
  std::size_t size = 0;  // with the closing quote
  std::optional<std::string> missing;
};

StringEnd read_string(std::string_view text) {
  bool high_surrogate = false;  // an escape just now whose other half has to follow
  const auto cut = [&](std::string missing) {
    return StringEnd{text.size(), std::move(missing) + "\""};
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      return {at + 1, std::nullopt};
    }
    if (text[at] != '\\') {
      high_surrogate = false;
      ++at;
      continue;
    }
    if (at + 1 == text.size()) {
      return cut(high_surrogate ? "udc00" : "\\");
    }
    if (text[at + 1] != 'u') {
      high_surrogate = false;
      at += 2;
      continue;
    }
    std::string digits(text.substr(at + 2, kHexDigits));
    const std::size_t there = digits.size();
    // The other half of a pair is one whatever its digits were going to be.
    digits += std::string_view(high_surrogate ? "dc00" : "0000").substr(there);
    unsigned code = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    high_surrogate = !high_surrogate && code >= 0xD800U && code < 0xDC00U;
    if (there < kHexDigits) {
      return cut(digits.substr(there) + (high_surrogate ? "\\udc00" : ""));
    }
    at += 2 + kHexDigits;
  }
  return cut(high_surrogate ? "\\udc00" : rest_of_character(text));
}

// What is missing of a number or name that goes to the end of the text.
std::optional<std::string> rest_of_scalar(std::string_view begun) {
  for (const std::string_view name : std::array<std::string_view, 3>{"true", "false", "null"}) {
    if (name.starts_with(begun)) {
      return std::string(name.substr(begun.size()));
    }
  }
  if (begun.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
    return std::nullopt;
  }
  const char last = begun.back();
  return last >= '0' && last <= '9' ? "" : "0";
}

// What ends a container that stands in another.
std::string_view closing(const Level& level) {
  using At = Level::At;
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

// What leads to the next member of the outermost object.
std::string_view to_next_member(Level::At at) {
  using At = Level::At;
  switch (at) {
    case At::kKey: return ":null,";
    case At::kColon: return "null,";
    case At::kValue: return ",";
    case At::kBegin:
    case At::kComma: break;
  }
  return "";
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  TornObject run() {
    skip_space();
    if (at_ == text_.size() || text_[at_] != '{') {
      return {};
    }
    while (at_ < text_.size()) {
      if (!step()) {
        return {};
      }
      if (levels_.empty()) {
        skip_space();
        const bool ends = at_ == text_.size();
        return {ends ? TornObject::State::kWhole : TornObject::State::kUnreadable, {}};
      }
      skip_space();
    }
    while (levels_.size() > 1) {
      rest_ += closing(levels_.back());
      levels_.pop_back();
      took_value();
    }
    rest_ += to_next_member(levels_.back().at);
    return {TornObject::State::kOpen, std::move(rest_)};
  }

 private:
  void skip_space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

  void took_value() {
    Level& level = levels_.back();
    const bool is_key = level.is_object && level.at != Level::At::kColon;
    level.at = is_key ? Level::At::kKey : Level::At::kValue;
  }

  // One token. False: it makes no sense.
  bool step() {
    const char c = text_[at_];
    switch (c) {
      case '{':
      case '[':
        levels_.push_back({.is_object = c == '{'});
        ++at_;
        return true;
      case '}':
      case ']':
        if (levels_.back().is_object != (c == '}')) {
          return false;
        }
        levels_.pop_back();
        ++at_;
        if (!levels_.empty()) {
          took_value();
        }
        return true;
      case ',':
      case ':':
        levels_.back().at = c == ',' ? Level::At::kComma : Level::At::kColon;
        ++at_;
        return true;
      case '"': {
        StringEnd string = read_string(text_.substr(at_ + 1));
        at_ += 1 + string.size;
        rest_ = std::move(string.missing).value_or("");
        took_value();
        return true;
      }
      default: return step_scalar();
    }
  }

  bool step_scalar() {
    const std::size_t end = text_.find_first_of(" \t\r\n,:]}\"", at_);
    if (end == std::string_view::npos) {
      std::optional<std::string> missing = rest_of_scalar(text_.substr(at_));
      if (!missing) {
        return false;
      }
      rest_ = std::move(*missing);
    }
    at_ = std::min(end, text_.size());
    took_value();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  std::string rest_;
};

}  // namespace

TornObject read_torn_object(std::string_view text) {
  return Reader(text).run();
}

}  // namespace penstock::dialect

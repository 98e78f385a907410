#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <istream>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "lib/json/text.h"
#include "lib/json/tree_builder.h"

namespace penstock::json {
namespace {

bool all_in(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";

std::optional<Value> integer(std::string_view digits, int base, bool negative) {
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  if (!negative) {
    return Value(magnitude);
  }
  if (magnitude > std::uint64_t{1} << 63U) {
    return std::nullopt;
  }
  return Value(static_cast<std::int64_t>(std::uint64_t{0} - magnitude));
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool looks_like_float(std::string_view text) {
  const auto skip = [&text](std::string_view set) {
    const std::size_t end = std::min(text.find_first_not_of(set), text.size());
    text.remove_prefix(end);
    return end;
  };
  const auto take = [&text](std::string_view any_of) {
    const bool found = !text.empty() && any_of.find(text.front()) != std::string_view::npos;
    text.remove_prefix(found ? 1 : 0);
    return found;
  };
  take("-+");
  std::size_t digits = skip(kDigits);
  if (take(".")) {
    digits += skip(kDigits);
  }
  if (digits == 0) {
    return false;
  }
  if (take("eE")) {
    take("-+");
    if (skip(kDigits) == 0) {
      return false;
    }
  }
  return text.empty();
}

std::optional<Value> number_of(double magnitude, bool negative) {
  return std::isfinite(magnitude) ? std::optional<Value>(negative ? -magnitude : magnitude)
                                  : std::nullopt;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> spellings) {
  return std::ranges::find(spellings, text) != spellings.end();
}

// A number, or the text itself where it is none; nullopt: a number that JSON cannot hold.
std::optional<Value> resolve_number(const std::string& text) {
  std::string_view digits = text;
  if (digits.starts_with("0o") && all_in(digits.substr(2), "01234567")) {
    return integer(digits.substr(2), 8, false);
  }
  if (digits.starts_with("0x") && all_in(digits.substr(2), "0123456789abcdefABCDEF")) {
    return integer(digits.substr(2), 16, false);
  }
  const bool negative = digits.starts_with('-');
  digits.remove_prefix(negative || digits.starts_with('+') ? 1 : 0);
  if (all_in(digits, kDigits)) {
    return integer(digits, 10, negative);
  }
  if (is_one_of(digits, {".inf", ".Inf", ".INF"}) || is_one_of(text, {".nan", ".NaN", ".NAN"})) {
    return std::nullopt;
  }
  if (!looks_like_float(text)) {
    return Value(text);
  }
  double magnitude = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
  const bool read = error == std::errc() && end == digits.data() + digits.size();
  return read ? number_of(magnitude, negative) : std::nullopt;
}

// The core schema of YAML 1.2.2, chapter 10.3.2. nullopt: a number that JSON cannot hold.
std::optional<Value> resolve_plain(const std::string& text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) {
    return Value();
  }
  if (is_one_of(text, {"true", "True", "TRUE"})) {
    return Value(true);
  }
  if (is_one_of(text, {"false", "False", "FALSE"})) {
    return Value(false);
  }
  return resolve_number(text);
}

class Events final : public YAML::EventHandler {
 public:
  explicit Events(TreeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override { builder_.begin_document(); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (builder_.expects_key()) {
      builder_.stop(line(mark), "a key is missing before ':'");
      return;
    }
    builder_.scalar(Value(), line(mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.alias(anchor, line(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (builder_.expects_key()) {
      if (value == "<<") {
        builder_.stop(line(mark), "merge keys (<<) are not supported; write the fields out");
        return;
      }
      builder_.key(value, line(mark));
      return;
    }
    // "!" marks a quoted or block scalar, "?" a plain one.
    if (tag == "!" || tag == "tag:yaml.org,2002:str") {
      builder_.scalar(Value(value), line(mark), anchor);
      return;
    }
    check_tag(mark, tag, "");
    std::optional<Value> resolved = resolve_plain(value);
    if (!resolved) {
      builder_.error(line(mark), "holds a number that is out of range or not finite");
      resolved = Value();
    }
    builder_.scalar(std::move(*resolved), line(mark), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag, "tag:yaml.org,2002:seq");
    builder_.begin_list(line(mark), anchor);
  }
  void OnSequenceEnd() override { builder_.end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    check_tag(mark, tag, "tag:yaml.org,2002:map");
    builder_.begin_map(line(mark), anchor);
  }
  void OnMapEnd() override { builder_.end(); }

 private:
  static int line(const YAML::Mark& mark) { return mark.line + 1; }

  void check_tag(const YAML::Mark& mark, const std::string& tag, std::string_view allowed) {
    if (!tag.empty() && tag != "?" && tag != allowed) {
      builder_.error(line(mark), "tags other than !!str are not supported");
    }
  }

  TreeBuilder& builder_;
};

// std::istringstream would copy the text.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: a get area is never written through
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Text parse_yaml(std::string_view text) {
  Text result;
  TreeBuilder builder(result);
  if (!builder.admits(text)) {
    return result;
  }
  ViewBuffer buffer(text);
  std::istream in(&buffer);
  Events events(builder);
  try {
    YAML::Parser parser(in);
    while (!builder.stopped() && parser.HandleNextDocument(events)) {
      if (result.documents.size() > kDocumentsMax) {
        builder.stop(0, "holds more than " + std::to_string(kDocumentsMax) + " documents");
      }
    }
  } catch (const YAML::Exception& error) {
    builder.stop(error.mark.line + 1, "is not valid YAML: " + error.msg);
  }
  builder.finish();
  return result;
}

}  // namespace penstock::json

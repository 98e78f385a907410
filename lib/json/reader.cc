#include "lib/json/reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/json/near_name.h"

namespace penstock::json {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

std::string_view kind_of(const Value& value) {
  switch (value.type()) {
    case Value::value_t::null: return "nothing";
    case Value::value_t::object: return "a mapping";
    case Value::value_t::array: return "a list";
    case Value::value_t::string: return "text";
    case Value::value_t::boolean: return "a boolean";
    case Value::value_t::number_integer:
    case Value::value_t::number_unsigned: return "a whole number";
    case Value::value_t::number_float: return "a decimal number";
    case Value::value_t::binary:
    case Value::value_t::discarded: break;
  }
  return "something else";
}

std::string expected_not(std::string_view expected, const Value& value) {
  return std::string("must be ").append(expected).append(", not ").append(kind_of(value));
}

// "must be between 1 and 100", "must be at least 1": `spell` turns a bound into text.
template <class Spell>
std::string out_of_range(std::int64_t min, std::int64_t max, const Spell& spell) {
  if (min == kLowest) {
    return "must be at most " + spell(max);
  }
  if (max == kHighest) {
    return "must be at least " + spell(min);
  }
  return "must be between " + spell(min) + " and " + spell(max);
}

std::string spell_number(std::int64_t value) {
  return std::to_string(value);
}

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    text.append(text.empty() ? "" : ", ").append(name);
  }
  return text;
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// As schemas count them: code points, by the bytes that begin one in UTF-8.
std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

Reader::Step Reader::member(std::string_view name) {
  const std::size_t length = path_.size();
  append_member(path_, name);
  return {path_, length};
}

Reader::Step Reader::element(std::size_t index) {
  const std::size_t length = path_.size();
  path_.append("[").append(std::to_string(index)).append("]");
  return {path_, length};
}

void Reader::fail(std::string message) {
  if (errors_.size() < kErrorsMax) {
    errors_.push_back({path_, std::move(message)});
  }
}

bool Reader::expect_object(const Value& value) {
  if (!value.is_object()) {
    fail(expected_not("a mapping", value));
  }
  return value.is_object();
}

void Reader::check_members(const Value& object, std::span<const std::string_view> known) {
  for (const auto& item : object.items()) {
    if (std::ranges::find(known, item.key()) != known.end()) {
      continue;
    }
    const Step step = member(item.key());
    if (strictness_ == Strictness::kStrict) {
      const std::string hint = did_you_mean(item.key(), known);
      fail("is not a known field" + (hint.empty() ? "; known here: " + joined(known) : hint));
    } else if (ignored_.size() < kErrorsMax) {
      ignored_.push_back(path_);
    }
  }
}

const Value* Reader::find(const Value& object, std::string_view name, const Rules& rules) {
  const auto found = object.find(name);
  const bool absent = found == object.end() || found->is_null();
  if (!absent) {
    return &*found;
  }
  if (rules.required) {
    fail(rules.about.empty() ? "is required" : "is required: " + std::string(rules.about));
  } else if (found != object.end() && strictness_ == Strictness::kStrict) {
    fail("is empty; give it a value (a block of defaults is {}) or remove it");
  }
  return nullptr;
}

std::optional<bool> Reader::boolean(const Value& value) {
  if (!value.is_boolean()) {
    fail(expected_not("true or false", value));
    return std::nullopt;
  }
  return value.get<bool>();
}

std::optional<std::int64_t> Reader::integer(const Value& value, const Rules& rules,
                                            std::int64_t type_min, std::int64_t type_max) {
  if (!value.is_number_integer()) {
    fail(value.is_string() ? "must be a whole number, not text (remove the quotes)"
                           : expected_not("a whole number", value));
    return std::nullopt;
  }
  const std::int64_t min = std::max(rules.min, type_min);
  const std::int64_t max = std::min(rules.max, type_max);
  const bool beyond = value.is_number_unsigned() &&
                      value.get<std::uint64_t>() > static_cast<std::uint64_t>(kHighest);
  const std::int64_t number = beyond ? kHighest : value.get<std::int64_t>();
  if (beyond || number < min || number > max) {
    fail(out_of_range(min, max, spell_number));
    return std::nullopt;
  }
  return number;
}

std::optional<double> Reader::number(const Value& value, const Rules& rules) {
  if (!value.is_number()) {
    fail(expected_not("a number", value));
    return std::nullopt;
  }
  const auto number = value.get<double>();
  if (!std::isfinite(number) || number < static_cast<double>(rules.min) ||
      number > static_cast<double>(rules.max)) {
    fail(out_of_range(rules.min, rules.max, spell_number));
    return std::nullopt;
  }
  return number;
}

std::optional<std::string_view> Reader::text(const Value& value, std::string_view expected) {
  if (!value.is_string()) {
    fail(expected_not(expected, value) +
         (value.is_number() || value.is_boolean() ? "; put it in quotes" : ""));
    return std::nullopt;
  }
  return value.get_ref<const std::string&>();
}

std::optional<std::string> Reader::string(const Value& value, const Rules& rules) {
  const std::optional<std::string_view> found = text(value, "text");
  if (!found) {
    return std::nullopt;
  }
  if (found->size() < rules.length_min) {
    fail("must not be empty");
  } else if (characters_of(*found) > rules.length_max) {
    fail("must be at most " + std::to_string(rules.length_max) + " characters long");
  } else if (has_control_characters(*found)) {
    fail("must not hold control characters");
  } else if (rules.format != nullptr && !rules.format->matches(*found)) {
    fail("must be " + std::string(rules.format->says));
  } else {
    return std::string(*found);
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> Reader::duration(const Value& value, const Rules& rules) {
  if (value.is_number()) {
    fail("must be a duration with its unit, such as 300ms, 5m or 1h30m, not a bare number");
    return std::nullopt;
  }
  const std::optional<std::string_view> found = text(value, "a duration such as 5m");
  if (!found) {
    return std::nullopt;
  }
  const Result<std::chrono::milliseconds> parsed = parse_duration(*found);
  if (!parsed) {
    fail(parsed.error().detail);
    return std::nullopt;
  }
  if (parsed->count() < rules.min || parsed->count() > rules.max) {
    fail(out_of_range(rules.min, rules.max, [](std::int64_t bound) {
      return format_duration(std::chrono::milliseconds(bound));
    }));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<Quantity> Reader::quantity(const Value& value, const Rules& rules) {
  Result<Quantity> parsed = Quantity{};
  if (value.is_number_integer()) {
    const std::optional<std::int64_t> number = integer(value, Rules{}, 0, kHighest);
    if (!number) {
      return std::nullopt;
    }
    parsed = Quantity{static_cast<std::uint64_t>(*number)};
  } else if (value.is_string()) {
    parsed = parse_quantity(value.get_ref<const std::string&>());
  } else {
    fail(expected_not("a quantity such as 512Mi, 1Gi or a whole number of bytes", value));
    return std::nullopt;
  }
  if (!parsed) {
    fail(parsed.error().detail);
    return std::nullopt;
  }
  const auto number = static_cast<std::int64_t>(parsed->value);
  if (number < rules.min || number > rules.max) {
    fail(out_of_range(rules.min, rules.max, [](std::int64_t bound) {
      return format_quantity(Quantity{static_cast<std::uint64_t>(bound)});
    }));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<UsdPerMillion> Reader::price(const Value& value) {
  const std::optional<std::string_view> found =
      text(value, "a price in USD per 1 million tokens as a decimal string, such as \"2.50\"");
  if (!found) {
    return std::nullopt;
  }
  const Result<UsdPerMillion> parsed = parse_usd_per_million(*found);
  if (!parsed) {
    fail(parsed.error().detail);
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::size_t> Reader::choice(const Value& value,
                                          std::span<const std::string_view> names) {
  const std::string expected = "one of " + joined(names);
  if (!value.is_string()) {
    fail(expected_not(expected, value));
    return std::nullopt;
  }
  const auto& name = value.get_ref<const std::string&>();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    fail("must be " + expected + did_you_mean(name, names));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

bool Reader::check_count(std::size_t count, const Rules& rules) {
  if (count < rules.items_min) {
    fail("must hold at least " + std::to_string(rules.items_min) +
         (rules.items_min == 1 ? " entry" : " entries"));
  } else if (count > rules.items_max) {
    fail("must hold at most " + std::to_string(rules.items_max) +
         (rules.items_max == 1 ? " entry" : " entries"));
  }
  return count <= rules.items_max;
}

bool Reader::list(const Value& value, const Rules& rules) {
  if (!value.is_array()) {
    fail(expected_not("a list", value));
    return false;
  }
  return check_count(value.size(), rules);
}

bool Reader::map(const Value& value, const Rules& rules) {
  if (!expect_object(value) || !check_count(value.size(), rules)) {
    return false;
  }
  for (const auto& item : value.items()) {
    const Step step = member(item.key());
    if (has_control_characters(item.key())) {
      fail("must not hold control characters in its name");
    } else if (rules.key_format != nullptr && !rules.key_format->matches(item.key())) {
      fail("has a name that must be " + std::string(rules.key_format->says));
    }
  }
  return true;
}

}  // namespace penstock::json
